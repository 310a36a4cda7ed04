//! Browse, open, move and trash files.
