//! Who may do what: (actor, action) to allow, ask or deny; pure.
