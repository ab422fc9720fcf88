//! The call path: what happens between an HTTP request and its answer.
//!
//! ```text
//! Fallback ─▶ Retry ─▶ AttemptLog ─▶ Breaker ─▶ Invoke
//! ```
//!
//! * **Invoke** sends the command to the Retry Lambda, within an attempt's time-out.
//! * **Breaker** refuses at once what is bound to fail, for the whole fleet, and ends an
//!   attempt at the client's deadline, which is not the dependency's failure.
//! * **`AttemptLog`** notes each attempt, refused ones too, with what it was made of.
//! * **Retry** tries again what may pass, with full jitter and a budget.
//! * **Fallback** asks the Fallback Lambda, behind a circuit of its own, when a
//!   read had no luck.

mod attempt_log;
mod classify;
mod fallback;
mod invoke;
mod retry;
mod throttling;

use std::{sync::Arc, time::Duration};

use breaker_core::{Breaker, BreakerLayer, StateStore, Timestamp};
use chrono::{DateTime, Utc};
use contract::{Command, Deadline, Faults, Reply, Request, Target};
use lambda_kit::{
    circuits,
    clock::Clock,
    function::{Function, InvokeError},
};
use tower::{Service, ServiceBuilder, ServiceExt, retry::RetryLayer, util::BoxCloneSyncService};

pub use self::{attempt_log::AttemptLog, retry::RetryLimits};
use self::{
    attempt_log::AttemptLogLayer,
    classify::Classifier,
    fallback::FallbackLayer,
    invoke::Invoke,
    retry::{RetryPolicy, suspicion_of},
};

/// A command on its way, with the notes taken about it.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is sent.
    pub request: Request<Command>,
    /// When attempts at the Retry Lambda end. A read keeps time back for the
    /// fallback; a write has none to ask.
    pub attempts_end: Deadline,
    /// Every attempt made for it.
    pub attempt_log: AttemptLog,
}

impl Call {
    /// A call that begins at `now`.
    pub fn begin(
        request_id: String,
        command: Command,
        faults: Faults,
        timeouts: Timeouts,
        now: DateTime<Utc>,
    ) -> Self {
        let deadline = Deadline::after(now, timeouts.request);
        let attempts_end = match &command {
            Command::Read(_) => {
                Deadline::after(now, timeouts.request.saturating_sub(timeouts.fallback))
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
            attempt_log: AttemptLog::new(),
        }
    }
}

/// How long calls may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// A whole request, from its arrival to its answer.
    pub request: Duration,
    /// One attempt at the Retry Lambda.
    pub attempt: Duration,
    /// The Fallback Lambda.
    pub fallback: Duration,
}

/// Why a command has no reply in the end.
pub type PathError = breaker_core::CallError<InvokeError>;

/// The whole call path as one service.
pub type Path = BoxCloneSyncService<Call, Reply, PathError>;

/// The circuits, each named after what it guards. Those inside the Retry Lambda are
/// here to be looked at and overridden; this function makes no call through them.
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
    timeouts: Timeouts,
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
            timeouts.fallback,
            Arc::clone(clock),
        ))
        .layer(RetryLayer::new(RetryPolicy::new(
            retries,
            suspicion_of(&circuits.retry),
            Arc::clone(clock),
        )))
        .layer(AttemptLogLayer::new(Target::Retry))
        .layer(
            BreakerLayer::new(circuits.retry, classify.into_function())
                .with_deadlines(|call: &Call| Some(breaker_deadline(call.attempts_end))),
        )
        .service(Invoke::new(retry, timeouts.attempt));
    BoxCloneSyncService::new(stack)
}

/// The deadline as a circuit reads it. However little time is left, an attempt is made:
/// what it takes at least is not known.
fn breaker_deadline(deadline: Deadline) -> breaker_core::Deadline {
    let at = u64::try_from(deadline.at().timestamp_millis()).unwrap_or_default();
    breaker_core::Deadline {
        at: Timestamp::from_unix_ms(at),
        needs: Duration::ZERO,
    }
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
