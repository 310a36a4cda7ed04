//! Writing down what came of a call.

use livos_llm::ToolCall;

use super::Run;
use crate::core::results::{self, Split};
use crate::core::skills::Used;
use crate::core::step::Step;
use crate::core::{strangers, tools};
use crate::error::Error;
use crate::store::results::Whole;

/// What came of a call.
pub(super) struct Came {
    pub(super) call: String,
    pub(super) text: String,
    pub(super) failed: bool,
    pub(super) duration_ms: u64,
    pub(super) skill: Option<Box<Used>>,
    /// It says again what a stranger may have had a say in.
    pub(super) foreign: bool,
}

impl Run<'_> {
    /// Writes it down. What is longer than a model is told is kept whole with the step, or not at all.
    pub(super) async fn came(
        &mut self,
        turn: i64,
        calls: &[(usize, ToolCall)],
        tainted: bool,
        came: Came,
    ) -> Result<(), Error> {
        let Came { call, text, failed, duration_ms, skill, foreign } = came;
        let (number, name) = calls
            .iter()
            .find(|(_, one)| one.call == call)
            .map_or((0, ""), |(number, one)| (*number, one.name.as_str()));
        let reference = results::reference(turn, number);
        // A skill is told whole.
        let split = if skill.is_some() {
            Split { told: text, whole: None }
        } else {
            results::split(text, &reference)
        };
        let kept = split.whole.is_some().then(|| reference.clone());
        let step = Step::Result {
            call,
            text: split.told,
            failed,
            duration_ms,
            skill,
            foreign,
            changed: false,
            kept,
        };
        let Some(whole) = split.whole else { return self.append(step).await.map(drop) };
        let tainted = tainted || foreign || tools::taints(name) || strangers::quotes(name);
        let whole = Whole { reference, text: Some(whole), tainted };
        let now = self.nexus.clock.now();
        let store = &self.nexus.store;
        let entry = store.append_whole(&self.room.id, self.number, step, &whole, now).await?;
        self.entries.push(entry);
        self.room.settled();
        Ok(())
    }
}
