//! What happens in the daemon, as a stream that says why it ended.

use bollard::query_parameters::EventsOptions;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::classify::Call;
use super::{BollardEngine, read};
use crate::engine::EngineEvents;
use crate::error::EngineError;
use crate::info::UnusableBecause;

/// The request goes out with the first poll. A stream without an end of its own ends with the daemon, which is an
/// error.
pub(super) fn stream(engine: BollardEngine, options: EventsOptions, endless: bool) -> EngineEvents {
    let gone = || Err(EngineError::Unavailable { because: UnusableBecause::NotRunning, source: None });
    stream::once(async move {
        let docker = engine.client().await?.clone();
        Ok::<_, EngineError>(docker.events(Some(options)).then(move |event| {
            let engine = engine.again();
            async move {
                match event {
                    Ok(event) => Ok(read::event(event)),
                    Err(error) => Err(engine.sort(&Call::new("read events", "engine", ""), error).await),
                }
            }
        }))
    })
    .try_flatten()
    .chain(stream::iter(endless.then(gone)))
    .scan(false, |failed, event| {
        let ended = std::mem::replace(failed, event.is_err());
        async move { (!ended).then_some(event) }
    })
    .boxed()
}
