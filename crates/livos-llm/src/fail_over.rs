//! Another attempt, another model, another tier.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::{Answer, Error, Event, Model, Request, Tier};

/// A plain function that gives random bits: many houses that are refused at once don't all come back at once.
pub type RandomFn = Arc<dyn Fn() -> u64 + Send + Sync>;

/// How patient to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often each model is asked.
    pub attempts: u32,
    /// How long to wait before the second attempt; it doubles from there, and about half of it is chance.
    pub first_wait: Duration,
    /// The longest wait. Where a server wants a longer one, the next model is asked.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 3, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(30) }
    }
}

/// Models to ask one after another, until one of them says something.
///
/// What was said is never said again: once any piece of an answer is out, its failure is the answer's.
#[derive(Clone)]
pub struct FailOver {
    models: Arc<[Arc<dyn Model>]>,
    retry: Retry,
    random: RandomFn,
    name: String,
}

impl std::fmt::Debug for FailOver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("FailOver").field("models", &self.models).field("retry", &self.retry).finish()
    }
}

impl FailOver {
    /// The first of `models` is asked first. One alone is only asked again.
    pub fn new(models: Vec<Arc<dyn Model>>, retry: Retry, random: RandomFn) -> Result<Self, Error> {
        let first = models.first().ok_or_else(|| Error::Endpoint("there is no model to ask".to_owned()))?;
        let name = first.name().to_owned();
        Ok(Self { models: models.into(), retry, random, name })
    }

    /// What comes after attempt number `attempt` at model number `index` failed: the next, and how long to wait.
    fn after(&self, error: &Error, index: usize, attempt: u32) -> Option<(usize, u32, Duration)> {
        let next = (index + 1 < self.models.len()).then_some((index + 1, 1, Duration::ZERO));
        match verdict(error) {
            Verdict::Final => None,
            Verdict::Elsewhere => next,
            Verdict::Again if attempt >= self.retry.attempts => next,
            Verdict::Again => match self.wait(error, attempt) {
                Some(wait) => Some((index, attempt + 1, wait)),
                None => next,
            },
        }
    }

    /// `None` if it is longer than we are patient.
    fn wait(&self, error: &Error, attempt: u32) -> Option<Duration> {
        let own = self.retry.first_wait.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        let own = own.min(self.retry.longest_wait);
        let chance = (own / 2).saturating_mul(u32::from((self.random)().to_le_bytes()[0])) / 255;
        let own = own / 2 + chance;
        match error.retry_after() {
            Some(told) if told > self.retry.longest_wait => None,
            // A little later than told: everybody else was told the same.
            Some(told) => Some(told + chance.min(told / 4)),
            None => Some(own),
        }
    }
}

/// Whether another provider may do better after this, or after waiting: it is no fault of the question, and nobody decided
/// it.
#[must_use]
pub fn may_ask_another(error: &Error) -> bool {
    !matches!(verdict(error), Verdict::Final)
}

enum Verdict {
    /// Waiting may help.
    Again,
    /// Another model may do better.
    Elsewhere,
    /// It is the question's fault, or somebody decided it.
    Final,
}

fn verdict(error: &Error) -> Verdict {
    match error {
        Error::RateLimited { .. }
        | Error::Overloaded { .. }
        | Error::Unreachable { .. }
        | Error::TimedOut { .. }
        | Error::CutOff { .. } => Verdict::Again,
        Error::KeyRefused { .. }
        | Error::NoCredit { .. }
        | Error::ModelMissing { .. }
        | Error::ContextTooLong { .. }
        | Error::Malformed { .. }
        | Error::PictureRefused { .. }
        | Error::Refused { .. }
        | Error::Endpoint(_) => Verdict::Elsewhere,
        // Shopping around for somebody who says yes is not for a machine to decide.
        Error::ContentRefused { .. } | Error::Request(_) => Verdict::Final,
    }
}

impl Model for FailOver {
    fn name(&self) -> &str {
        &self.name
    }

    fn answer(&self, request: Request) -> Answer {
        let attempts = Attempts {
            all: self.clone(),
            request,
            index: 0,
            attempt: 1,
            wait: Duration::ZERO,
            answer: None,
            said: false,
            over: false,
        };
        stream::unfold(attempts, |mut attempts| async move {
            attempts.next().await.map(|event| (event, attempts))
        })
        .boxed()
    }
}

struct Attempts {
    all: FailOver,
    request: Request,
    index: usize,
    attempt: u32,
    wait: Duration,
    answer: Option<Answer>,
    said: bool,
    over: bool,
}

impl Attempts {
    async fn next(&mut self) -> Option<Result<Event, Error>> {
        if self.over {
            return None;
        }
        let mut answer = match self.answer.take() {
            Some(answer) => answer,
            None => {
                tokio::time::sleep(self.wait).await;
                self.all.models.get(self.index)?.answer(self.request.clone())
            }
        };
        let item = answer.next().await;
        let item = item.unwrap_or_else(|| Err(Error::malformed("the answer has no end")));
        match item {
            Ok(event) => {
                self.said |= event.is_said();
                self.over = matches!(event, Event::Stopped(_));
                self.answer = Some(answer);
                Some(Ok(event))
            }
            Err(error) => {
                let next = if self.said { None } else { self.all.after(&error, self.index, self.attempt) };
                let next = next.and_then(|next| Some((next, self.all.models.get(next.0)?.name().to_owned())));
                let Some(((index, attempt, wait), model)) = next else {
                    self.over = true;
                    return Some(Err(error));
                };
                (self.index, self.attempt, self.wait) = (index, attempt, wait);
                Some(Ok(Event::Retrying { after: error, wait, model }))
            }
        }
    }
}

/// A model for each tier.
#[derive(Debug, Clone)]
pub struct Tiers {
    /// For [`Tier::Quick`].
    pub quick: Arc<dyn Model>,
    /// For [`Tier::Standard`]; its name is the name of all.
    pub standard: Arc<dyn Model>,
    /// For [`Tier::Deep`].
    pub deep: Arc<dyn Model>,
}

impl Model for Tiers {
    fn name(&self) -> &str {
        self.standard.name()
    }

    fn answer(&self, request: Request) -> Answer {
        let model = match request.tier {
            Tier::Quick => &self.quick,
            Tier::Standard => &self.standard,
            Tier::Deep => &self.deep,
        };
        model.answer(request)
    }
}
