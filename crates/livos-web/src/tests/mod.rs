//! Tests of the edge as a whole.
