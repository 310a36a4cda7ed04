//! Catalogues, install, update, removal and routes of apps.

mod core;
