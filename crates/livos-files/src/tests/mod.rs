//! The service from inside, on real files.
