//! What is brought when nobody asks: at the hour that was chosen, and not what failed before.

use super::engine::Engine;
use super::{Request, Tried};
use crate::Error;

impl Engine {
    /// Its hour has come: that is written down, unless something else is asked for or goes on.
    pub fn ask_automatic(&self) -> Result<(), Error> {
        let busy = self.folder.attempt()?.is_some() || !self.folder.automatic()?.on;
        if busy { Ok(()) } else { self.folder.ask_if_none(&Request::Automatic).map(|_| ()) }
    }

    /// Its hour has come. What was brought like this before and did not stay waits for a person, or for something newer.
    pub(super) fn begin_by_itself(&mut self) -> Result<(), Error> {
        if self.offer_waits()? {
            return self.folder.forget_request();
        }
        self.check()?;
        let wanted = self.wanted();
        let nothing = wanted.version.is_empty() && (wanted.packages.is_empty() || !self.is_appliance());
        if nothing || !self.status.problem.code.is_empty() || !self.folder.automatic()?.on {
            return self.folder.forget_request();
        }
        let tried = self.folder.tried()?.unwrap_or_default();
        if !wanted.version.is_empty() && [&tried.version, &tried.without].contains(&&wanted.version) {
            tracing::warn!(wanted.version, "this did not stay the last time, so nobody asks for it again");
            // One that is mended comes as another; until then the system gets what its makers put right.
            return self.begin_without(wanted.version, &tried);
        }
        if wanted.version.is_empty() && tried.packages == wanted.packages {
            tracing::warn!("these packages did not stay the last time, so nobody asks for them again");
            return self.folder.forget_request();
        }
        tracing::info!(wanted.version, packages = wanted.packages.len(), "updating automatically");
        self.folder.refine(&Request::Install(wanted.version))
    }

    /// Everything that is newer but LivOS. Where packages brought LivOS, others bring the rest.
    fn begin_without(&mut self, failed: String, tried: &Tried) -> Result<(), Error> {
        if !self.is_appliance() {
            return self.folder.forget_request();
        }
        let rest = self.programs.without_livos(&self.folder)?.whole_plan()?.unwrap_or_default().packages;
        if rest.is_empty() || (tried.without == failed && tried.packages == rest) {
            return self.folder.forget_request();
        }
        tracing::info!(packages = rest.len(), "updating the system automatically, without LivOS {failed}");
        self.folder.refine(&Request::System { without: failed })
    }

    fn wanted(&self) -> Tried {
        Tried {
            version: self.status.available.clone(),
            packages: self.status.packages.clone(),
            without: String::new(),
        }
    }

    /// From here on something may fail that is not to be begun again by itself.
    pub(super) fn remember_try(&mut self) -> Result<(), Error> {
        self.remember(&self.wanted())
    }

    pub(super) fn remember(&mut self, tried: &Tried) -> Result<(), Error> {
        self.tried_before = self.folder.tried()?;
        self.folder.set_tried(Some(tried))
    }
}
