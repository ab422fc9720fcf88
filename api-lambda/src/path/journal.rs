//! Notes on every attempt: what the client is shown in `served.attempts`.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use contract::{Reply, Setback};
use serde::Serialize;
use tokio::time::Instant;
use tower::{Layer, Service};
use utoipa::ToSchema;

use super::{Call, PathError};

/// The attempts made for one request.
#[derive(Debug, Clone)]
pub struct Journal {
    started: Instant,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    attempts: Vec<Attempt>,
    /// Something may have been done.
    in_doubt: bool,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attempt {
    /// Whom it was made at.
    pub target: Target,
    /// What became of it.
    pub outcome: AttemptOutcome,
    /// When it began, in milliseconds after the request arrived.
    #[schema(minimum = 0)]
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    pub duration_ms: u64,
}

/// Whom an attempt is made at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The Retry Lambda.
    Retry,
    /// The Fallback Lambda.
    Fallback,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// It gave the answer.
    Ok,
    /// It gave an answer that is second best.
    Degraded,
    /// The answer was that the client cannot have what it asked for.
    Refused,
    /// It replied that something behind it is in trouble.
    Unavailable,
    /// It did not reply in time.
    Timeout,
    /// It could not be made, or ended without a reply.
    Error,
    /// The circuit did not admit it.
    Rejected,
}

impl AttemptOutcome {
    fn of_reply(reply: &Reply) -> Self {
        match reply {
            Reply::Served(served) if served.source.is_degraded() => Self::Degraded,
            Reply::Served(_) => Self::Ok,
            Reply::Refused(_) => Self::Refused,
            Reply::Unavailable(_) => Self::Unavailable,
        }
    }

    fn of_error(error: &PathError) -> Self {
        use super::AttemptError::{DeadlineReached, Invoke, TimedOut};
        match error {
            PathError::Rejected(_) => Self::Rejected,
            PathError::ProbeTimedOut
            | PathError::DeadlineExceeded
            | PathError::Inner(TimedOut | DeadlineReached) => Self::Timeout,
            PathError::Inner(Invoke(_)) => Self::Error,
        }
    }
}

impl Journal {
    /// An empty journal of a request that arrives now.
    #[expect(
        clippy::new_without_default,
        reason = "starting the watch is no default"
    )]
    pub fn new() -> Self {
        // Tokio's clock, which tests can drive.
        Self {
            started: Instant::now(),
            notes: Arc::default(),
        }
    }

    /// How long the request has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What has been noted so far.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.notes().attempts.clone()
    }

    /// Whether it is certain that nothing has been asked of the database: this
    /// circuit or its own has refused every attempt.
    pub fn nothing_was_done(&self) -> bool {
        !self.notes().in_doubt
    }

    /// Notes an attempt that began after `started` and has just ended.
    pub(super) fn note(&self, target: Target, outcome: AttemptOutcome, started: Duration) {
        let attempt = Attempt {
            target,
            outcome,
            started_ms: as_ms(started),
            duration_ms: as_ms(self.elapsed().saturating_sub(started)),
        };
        tracing::debug!(?attempt, "attempt ended");
        self.notes().attempts.push(attempt);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A duration in whole milliseconds.
pub(crate) fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl AttemptOutcome {
    /// The outcome of a finished attempt.
    pub(super) fn of(result: &Result<Reply, PathError>) -> Self {
        result.as_ref().map_or_else(Self::of_error, Self::of_reply)
    }
}

/// Notes every attempt at a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct JournalLayer {
    target: Target,
}

impl JournalLayer {
    pub(super) fn new(target: Target) -> Self {
        Self { target }
    }
}

impl<I> Layer<I> for JournalLayer {
    type Service = Journaled<I>;

    fn layer(&self, inner: I) -> Self::Service {
        Journaled {
            inner,
            target: self.target,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Journaled<I> {
    inner: I,
    target: Target,
}

impl<I> Service<Call> for Journaled<I>
where
    I: Service<Call, Response = Reply, Error = PathError>,
    I::Future: Send + 'static,
{
    type Response = Reply;
    type Error = PathError;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, PathError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), PathError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let (journal, target) = (call.journal.clone(), self.target);
        let attempt = self.inner.call(call);
        Box::pin(async move {
            let started = journal.elapsed();
            let result = attempt.await;
            if !was_refused(&result) {
                journal.notes().in_doubt = true;
            }
            journal.note(target, AttemptOutcome::of(&result), started);
            result
        })
    }
}

/// Whether a circuit kept the attempt from the database.
fn was_refused(result: &Result<Reply, PathError>) -> bool {
    match result {
        Ok(Reply::Unavailable(unavailable)) => matches!(
            unavailable.setback,
            Some(Setback::Open { .. } | Setback::Recovering)
        ),
        Ok(Reply::Served(_) | Reply::Refused(_)) => false,
        Err(error) => matches!(error, PathError::Rejected(_)),
    }
}
