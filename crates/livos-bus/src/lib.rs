//! The D-Bus contract: names, proxies, wire types, wire errors, callers.
