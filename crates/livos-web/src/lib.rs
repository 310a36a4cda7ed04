//! The HTTP edge: accounts, sessions, JSON, events; serves the desktop.
