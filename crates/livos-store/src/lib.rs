//! Open and migrate a SQLite file the house way; the durable job queue.
