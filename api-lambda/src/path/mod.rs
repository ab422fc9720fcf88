//! The call path: what happens between an HTTP request and its answer.
//!
//! ```text
//! Fallback ─▶ Retry ─▶ Journal ─▶ Breaker ─▶ Timeout ─▶ Invoke
//! ```
//!
//! * **Invoke** sends the command to the Retry Lambda.
//! * **Timeout** cuts an attempt off, at the latest at the client's deadline.
//! * **Breaker** refuses at once what is bound to fail, for the whole fleet.
//! * **Journal** notes each attempt, refused ones too, with what it was made of.
//! * **Retry** tries again what may pass, with full jitter and a budget.
//! * **Fallback** asks the Fallback Lambda, behind a circuit of its own, when a
//!   read had no luck.

mod attempt_timeout;
mod classify;
mod fallback;
mod invoke;
mod journal;
mod retry;

use std::{sync::Arc, time::Duration};

use breaker_core::{Breaker, BreakerLayer, StateStore};
use chrono::{DateTime, Utc};
use contract::{Command, Deadline, Faults, Reply, Request, Target};
use lambda_kit::{
    circuits,
    clock::Clock,
    function::{Function, InvokeError},
};
use tower::{Service, ServiceBuilder, ServiceExt, retry::RetryLayer, util::BoxCloneSyncService};

use self::{
    attempt_timeout::AttemptTimeoutLayer,
    classify::Classifier,
    fallback::FallbackLayer,
    invoke::Invoke,
    journal::JournalLayer,
    retry::{RetryPolicy, suspicion_of},
};
pub use self::{journal::Journal, retry::RetryLimits};

/// A command on its way, with the notes taken about it.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is sent.
    pub request: Request<Command>,
    /// When attempts at the Retry Lambda end. A read keeps time back for the
    /// fallback; a write has none to ask.
    pub attempts_end: Deadline,
    /// Every attempt made for it.
    pub journal: Journal,
}

impl Call {
    /// A call that begins at `now`.
    pub fn begin(
        request_id: String,
        command: Command,
        faults: Faults,
        patience: Patience,
        now: DateTime<Utc>,
    ) -> Self {
        let deadline = Deadline::after(now, patience.request);
        let attempts_end = match &command {
            Command::Read(_) => {
                Deadline::after(now, patience.request.saturating_sub(patience.fallback))
            }
            Command::Write { .. } => deadline,
        };
        let request = Request {
            request_id,
            deadline,
            faults,
            command,
        };
        Self {
            request,
            attempts_end,
            journal: Journal::new(),
        }
    }
}

/// How long calls may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// A whole request, from its arrival to its answer.
    pub request: Duration,
    /// One attempt at the Retry Lambda.
    pub attempt: Duration,
    /// The Fallback Lambda.
    pub fallback: Duration,
}

/// Why an attempt at the Retry Lambda gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// It took longer than one attempt may.
    #[error("no reply within the time for one attempt")]
    TimedOut,
    /// The client's deadline came first; that is nobody's fault.
    #[error("no reply before the client's deadline")]
    DeadlineReached,
    /// It could not be made, or ended without a reply.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
}

/// Why a command has no reply in the end.
pub type PathError = breaker_core::CallError<AttemptError>;

/// The whole call path as one service.
pub type Path = BoxCloneSyncService<Call, Reply, PathError>;

/// The circuits, each named after what it guards. Those inside the Retry Lambda are
/// here to be looked at and given orders; this function makes no call through them.
#[derive(Debug)]
pub struct Circuits<S, B = breaker_core::SystemClock> {
    /// In front of the Retry Lambda.
    pub retry: Breaker<S, B>,
    /// In front of the Fallback Lambda.
    pub fallback: Breaker<S, B>,
    /// In front of the database, inside the Retry Lambda.
    pub database: Breaker<S, B>,
    /// In front of the cache, inside the Retry Lambda.
    pub cache: Breaker<S, B>,
}

impl<S, B> Clone for Circuits<S, B> {
    fn clone(&self) -> Self {
        Self {
            retry: self.retry.clone(),
            fallback: self.fallback.clone(),
            database: self.database.clone(),
            cache: self.cache.clone(),
        }
    }
}

impl<S, B> Circuits<S, B> {
    /// All of them, each made by its name.
    ///
    /// # Errors
    ///
    /// The first with which one could not be made.
    pub fn make<E>(mut circuit: impl FnMut(&str) -> Result<Breaker<S, B>, E>) -> Result<Self, E> {
        Ok(Self {
            retry: circuit(circuits::RETRY)?,
            fallback: circuit(circuits::FALLBACK)?,
            database: circuit(circuits::DATABASE)?,
            cache: circuit(circuits::CACHE)?,
        })
    }

    /// All of them, from the outside in.
    pub fn all(&self) -> [&Breaker<S, B>; 4] {
        [&self.retry, &self.fallback, &self.database, &self.cache]
    }
}

/// Builds the call path.
pub fn build<S, B, C>(
    retry: Function,
    fallback: Function,
    circuits: Circuits<S, B>,
    patience: Patience,
    retries: RetryLimits,
    clock: &Arc<C>,
) -> Path
where
    S: StateStore,
    B: breaker_core::Clock,
    C: Clock,
{
    let classify = Classifier::of(&circuits.retry, Arc::clone(clock));
    let stack = ServiceBuilder::new()
        .layer(FallbackLayer::new(
            fallback,
            circuits.fallback,
            patience.fallback,
            Arc::clone(clock),
        ))
        .layer(RetryLayer::new(RetryPolicy::new(
            retries,
            suspicion_of(&circuits.retry),
            Arc::clone(clock),
        )))
        .layer(JournalLayer::new(Target::Retry))
        .layer(BreakerLayer::new(circuits.retry, classify.into_function()))
        .layer(AttemptTimeoutLayer::new(
            patience.attempt,
            Arc::clone(clock),
        ))
        .service(Invoke::new(retry));
    BoxCloneSyncService::new(stack)
}

/// Sends one call down the path.
///
/// # Errors
///
/// See [`PathError`]; only after retries and fallback had no luck either.
pub async fn send(path: &Path, call: Call) -> Result<Reply, PathError> {
    let mut path = path.clone();
    path.ready().await?.call(call).await
}
