//! Ids, newtypes and small enums that every part of LivOS means the same by.
//!
//! Owns the spelling rules of names that cross a boundary: an id that exists has been checked.
//! Knows nothing of D-Bus, HTTP, SQL or the file system.

mod ids;
mod names;
mod path;
mod role;

pub use ids::{AppId, InvalidId, JobId, RootId, StoreId, UserId, Username};
pub use names::{escape_name, unescape_name};
pub use path::{InvalidName, RelPath, check_component};
pub use role::{JobState, Role};
