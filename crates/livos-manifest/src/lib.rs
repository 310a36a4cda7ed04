//! Every catalogue format and compose file to one validated AppSpec; pure.
