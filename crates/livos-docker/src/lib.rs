//! The Docker Engine behind a port, its bollard adapter and a fake.
