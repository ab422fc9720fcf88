//! Notes on every attempt: what the client is shown in `served.attempts`.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use contract::{Attempt, AttemptOutcome, Reply, Response, Setback, Target};
use lambda_kit::journal::Journal as Notes;
use tower::{Layer, Service};

use super::{Call, PathError};

/// The attempts made for one request.
#[derive(Debug, Clone)]
pub struct Journal {
    notes: Notes,
    /// Something may have been done.
    in_doubt: Arc<AtomicBool>,
}

impl Journal {
    /// An empty journal of a request that arrives now.
    #[expect(
        clippy::new_without_default,
        reason = "starting the watch is no default"
    )]
    pub fn new() -> Self {
        Self {
            notes: Notes::new(),
            in_doubt: Arc::default(),
        }
    }

    /// How long the request has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.notes.elapsed()
    }

    /// What has been noted so far.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.notes.attempts()
    }

    /// Makes an attempt and notes it.
    pub(super) async fn invocation(
        &self,
        target: Target,
        attempt: impl Future<Output = Result<Response, PathError>>,
    ) -> Result<Reply, PathError> {
        self.notes.invocation(target, attempt, failed).await
    }

    /// Whether it is certain that nothing has been asked of the database: this
    /// circuit or its own has refused every attempt.
    pub fn nothing_was_done(&self) -> bool {
        !self.in_doubt.load(Ordering::Relaxed)
    }
}

/// What became of an attempt without a reply.
fn failed(error: &PathError) -> AttemptOutcome {
    use super::AttemptError::{DeadlineReached, Invoke, TimedOut};
    match error {
        PathError::Rejected(_) => AttemptOutcome::Rejected,
        PathError::ProbeTimedOut
        | PathError::DeadlineExceeded
        | PathError::Inner(TimedOut | DeadlineReached) => AttemptOutcome::Timeout,
        PathError::Inner(Invoke(error)) => error.into(),
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
    I: Service<Call, Response = Response, Error = PathError>,
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
            let result = journal.invocation(target, attempt).await;
            if !was_refused(&result) {
                journal.in_doubt.store(true, Ordering::Relaxed);
            }
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
