//! The chassis every daemon stands on.
