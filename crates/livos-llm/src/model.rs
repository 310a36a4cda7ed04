//! The port.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};

use crate::{Error, Event, Limits, Message, Request};

/// What a model says, as it says it; dropping it ends the request and whatever it still costs.
///
/// The order is the same for every model:
/// - [`Event::Started`] once per attempt, before anything else of that attempt;
/// - of one tool call: started, then arguments, then complete; calls may interleave;
/// - every call is complete before [`Event::Stopped`], which comes last;
/// - or an `Err`, which also comes last.
pub type Answer = Pin<Box<dyn Stream<Item = Result<Event, Error>> + Send>>;

/// Something that answers.
pub trait Model: Send + Sync + std::fmt::Debug + 'static {
    /// What to call it where people and logs read it: who is asked and for which model.
    fn name(&self) -> &str;

    /// Answers.
    ///
    /// Nothing is sent before the stream is first polled, and what goes wrong is an item of the stream.
    fn answer(&self, request: Request) -> Answer;
}

/// Asks for as little as can be asked for: whether the key is taken and the model is there.
pub async fn check(model: &dyn Model) -> Result<(), Error> {
    let mut answer = model.answer(Request {
        messages: vec![Message::person("Answer with the word OK.")],
        // Some models think before they say anything, and some providers call it a failure when that is cut short.
        limits: Limits { output_tokens: 256, ..Limits::default() },
        ..Request::default()
    });
    while let Some(event) = answer.next().await {
        if let Event::Stopped(_) = event? {
            return Ok(());
        }
    }
    Err(Error::malformed("the answer has no end"))
}
