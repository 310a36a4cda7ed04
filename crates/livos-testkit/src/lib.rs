//! A private bus and the whole stack, for tests and for the developer's machine.
