//! Whom a program works for, and what it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use livos_bus::Actor;

use crate::App;
use crate::error::ApiError;
use crate::identity::{Guest, Visitor};
use crate::services::actor_of;

/// The conversation in which stands what is proposed at the terminal: "terminal" in hex digits.
const TERMINAL: &str = "00000000000000007465726d696e616c";

/// Whom a program works for.
#[derive(Debug, Clone)]
pub(super) enum Who {
    /// A person who gave it a key.
    Program(Guest, Visitor),
    /// The machine's administrator, at the command line.
    Terminal { actor: Actor, acts: bool, tainted: Arc<AtomicBool> },
}

impl Who {
    pub(super) fn terminal(actor: Actor, acts: bool) -> Self {
        Self::Terminal { actor, acts, tainted: Arc::default() }
    }

    /// The person, with the rights of this moment.
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::Program(guest, _) => actor_of(&guest.person),
            Self::Terminal { actor, .. } => actor.clone(),
        }
    }

    /// The conversation in which its proposals stand.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Program(guest, _) => &guest.key.id,
            Self::Terminal { .. } => TERMINAL,
        }
    }

    /// What that is called.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Program(guest, _) => &guest.key.name,
            Self::Terminal { .. } => "livos mcp",
        }
    }

    /// It may do more than look.
    pub(super) fn acts(&self) -> bool {
        match self {
            Self::Program(guest, _) => guest.key.acts,
            Self::Terminal { acts, .. } => *acts,
        }
    }

    /// Who is asked, and where.
    pub(super) fn asked(&self) -> String {
        match self {
            Self::Program(guest, _) => {
                format!("waits for {}, who is asked in LivOS' Assistant window", guest.person.name)
            }
            Self::Terminal { .. } => {
                "waits for the administrator, who answers with `livos assistant approvals`".to_owned()
            }
        }
    }

    /// A stranger's words were read not long ago.
    pub(super) fn is_tainted(&self, app: &App) -> bool {
        match self {
            Self::Program(guest, _) => guest.key.is_tainted(app.identity.now()),
            Self::Terminal { tainted, .. } => tainted.load(Ordering::Relaxed),
        }
    }

    /// Notes that they are being read.
    pub(super) async fn taint(&self, app: &App) -> Result<(), ApiError> {
        match self {
            Self::Program(guest, _) => app.identity.taint_key(&guest.key).await,
            Self::Terminal { tainted, .. } => {
                tainted.store(true, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Writes the audit trail.
    pub(super) async fn audit(&self, app: &App, tool: &str, outcome: &str) {
        let subject = format!("{tool} with {}", self.label());
        let (person, visitor) = match self {
            Self::Program(guest, visitor) => (Some(&*guest.person), Some(visitor)),
            Self::Terminal { .. } => (None, None),
        };
        app.identity.audit(person, visitor, "key.act", &subject, outcome).await;
    }
}
