//! Ids, newtypes and small enums that every part means the same by.
