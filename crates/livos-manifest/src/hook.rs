//! The scripts that an umbrel app may have for moments of its life.

/// Such a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Before its first start.
    PreInstall,
    /// After its first start.
    PostInstall,
    /// Before every start.
    PreStart,
    /// After every start.
    PostStart,
    /// Before it is stopped.
    PreStop,
    /// After it was stopped.
    PostStop,
    /// The older version's, before the newer one takes its place.
    PreUpdate,
    /// The newer version's, after its first start.
    PostUpdate,
}

impl Hook {
    /// All of them. Umbrel knows two more, around a removal, which takes along what they could tidy.
    pub const ALL: [Hook; 8] = [
        Hook::PreInstall,
        Hook::PostInstall,
        Hook::PreStart,
        Hook::PostStart,
        Hook::PreStop,
        Hook::PostStop,
        Hook::PreUpdate,
        Hook::PostUpdate,
    ];

    /// The script's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Hook::PreInstall => "pre-install",
            Hook::PostInstall => "post-install",
            Hook::PreStart => "pre-start",
            Hook::PostStart => "post-start",
            Hook::PreStop => "pre-stop",
            Hook::PostStop => "post-stop",
            Hook::PreUpdate => "pre-update",
            Hook::PostUpdate => "post-update",
        }
    }

    /// Whether containers of the app run, and may be started again by Docker at any time.
    #[must_use]
    pub const fn while_it_runs(self) -> bool {
        matches!(self, Hook::PostInstall | Hook::PostStart | Hook::PreStop | Hook::PostUpdate)
    }

    pub(crate) fn file(self) -> String {
        format!("hooks/{}", self.name())
    }
}
