//! What tools answer at greater length than a model is told. The log has its beginning and its end; the whole is kept
//! beside the log, named by its place there, for the model of that conversation and for its person.

use livos_bus::Actor;
use livos_bus::assistant::WholeResult;

use super::Nexus;
use crate::error::Error;
use crate::store::results::Whole;

/// The most bytes of a result that a model is told and people are shown at first.
pub(crate) const TOLD: usize = 16 * 1024;
/// The most that is kept of one.
pub(crate) const LONGEST: usize = 1024 * 1024;
/// The most that is kept of a conversation's, and of all of a person's: they are in every backup.
pub(crate) const OF_A_CONVERSATION: usize = 8 * LONGEST;
pub(crate) const OF_A_PERSON: usize = 64 * LONGEST;

/// What a model is told of an answer, and the whole of it if that is more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) told: String,
    pub(crate) whole: Option<String>,
}

/// Names a result by its place in the log, which no other has.
pub(crate) fn reference(turn: i64, number: usize) -> String {
    format!("r{turn}.{number}")
}

/// Takes an answer apart, if it is too long to be told.
pub(crate) fn split(text: String, reference: &str) -> Split {
    if text.len() <= TOLD {
        return Split { told: text, whole: None };
    }
    let whole = cut(&text, LONGEST, "");
    let from = whole.floor_char_boundary(TOLD / 4);
    let how = format!(
        "\n[The whole is kept: result_read {{\"result\": \"{reference}\", \"from\": {from}}} goes on here, and \
         \"find\" looks for words in it.]"
    );
    Split { told: cut(&whole, TOLD, &how), whole: Some(whole) }
}

/// Keeps the beginning and the end of what is too long, the end above all.
pub(crate) fn cut(text: &str, most: usize, how: &str) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let (head, tail) = (text.floor_char_boundary(most / 4), text.ceil_char_boundary(text.len() - most / 2));
    format!("{}\n[… {} bytes left out …]{how}\n{}", &text[..head], tail - head, &text[tail..])
}

impl Nexus {
    /// The whole of a long result, for the conversation's person.
    pub(crate) async fn whole_result(
        &self,
        actor: &Actor,
        conversation: &str,
        reference: &str,
    ) -> Result<WholeResult, Error> {
        self.owned(actor, conversation).await?;
        let found = self.store.whole(conversation, reference).await?.ok_or(Error::UnknownResult)?;
        let Whole { reference, text, .. } = found;
        Ok(WholeResult { reference, text: text.ok_or(Error::DroppedResult)? })
    }
}
