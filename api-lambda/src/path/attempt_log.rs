//! A log of every attempt: what the client is shown in `served.attempts`.

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
use lambda_kit::attempt_log::AttemptLog as Attempts;
use tower::{Layer, Service};

use super::{Call, PathError};

/// The attempts made for one request.
#[derive(Debug, Clone)]
pub struct AttemptLog {
    attempts: Attempts,
    /// Something may have been done.
    in_doubt: Arc<AtomicBool>,
}

impl AttemptLog {
    /// An empty log of a request that arrives now.
    #[expect(
        clippy::new_without_default,
        reason = "starting the watch is no default"
    )]
    pub fn new() -> Self {
        Self {
            attempts: Attempts::new(),
            in_doubt: Arc::default(),
        }
    }

    /// How long the request has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.attempts.elapsed()
    }

    /// What has been noted so far.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.attempts.attempts()
    }

    /// Looks at what has been noted so far.
    pub fn look<T>(&self, look: impl FnOnce(&[Attempt]) -> T) -> T {
        self.attempts.look(look)
    }

    /// Makes an attempt and notes it.
    pub(super) async fn invocation(
        &self,
        target: Target,
        attempt: impl Future<Output = Result<Response, PathError>>,
    ) -> Result<Reply, PathError> {
        self.attempts.invocation(target, attempt, failed).await
    }

    /// Whether it is certain that no attempt has changed anything.
    pub fn nothing_was_done(&self) -> bool {
        !self.in_doubt.load(Ordering::Relaxed)
    }
}

/// What became of an attempt without a reply.
fn failed(error: &PathError) -> AttemptOutcome {
    match error {
        PathError::Rejected(_) => AttemptOutcome::Rejected,
        PathError::ProbeTimedOut | PathError::DeadlineExceeded => AttemptOutcome::Timeout,
        PathError::Inner(error) => error.into(),
    }
}

/// Logs every attempt at a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttemptLogLayer {
    target: Target,
}

impl AttemptLogLayer {
    pub(super) fn new(target: Target) -> Self {
        Self { target }
    }
}

impl<I> Layer<I> for AttemptLogLayer {
    type Service = Logged<I>;

    fn layer(&self, inner: I) -> Self::Service {
        Logged {
            inner,
            target: self.target,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Logged<I> {
    inner: I,
    target: Target,
}

impl<I> Service<Call> for Logged<I>
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
        let (attempt_log, target) = (call.attempt_log.clone(), self.target);
        let attempt = self.inner.call(call);
        Box::pin(async move {
            let result = attempt_log.invocation(target, attempt).await;
            if !changed_nothing(&result) {
                attempt_log.in_doubt.store(true, Ordering::Relaxed);
            }
            result
        })
    }
}

/// Whether it is certain that an attempt which was not answered changed nothing: it was not
/// sent, Lambda did not run it, or the Retry Lambda vouches for it.
fn changed_nothing(result: &Result<Reply, PathError>) -> bool {
    match result {
        Ok(Reply::Unavailable(unavailable)) => {
            let withheld = matches!(
                unavailable.setback,
                Some(Setback::Open { .. } | Setback::Recovering)
            );
            unavailable.unchanged || withheld
        }
        Err(PathError::Rejected(_)) => true,
        Ok(Reply::Served(_) | Reply::Refused(_))
        | Err(PathError::ProbeTimedOut | PathError::DeadlineExceeded) => false,
        Err(PathError::Inner(error)) => error.never_ran(),
    }
}

#[cfg(test)]
mod tests {
    use breaker_core::{Rejection, RejectionReason, State, Timestamp};
    use contract::{Dependency, Unavailable};
    use lambda_kit::{
        code::Code,
        function::{InvokeError, NotRun, Throttle},
    };

    use super::*;

    fn unavailable(setback: Option<Setback>, unchanged: bool) -> Reply {
        Reply::Unavailable(Unavailable {
            dependency: Dependency::Database,
            reason: String::new(),
            setback,
            unchanged,
        })
    }

    fn invoke(error: InvokeError) -> PathError {
        PathError::Inner(error)
    }

    #[test]
    fn what_was_not_sent_or_is_vouched_for_changed_nothing() {
        let until = chrono::DateTime::UNIX_EPOCH;
        let rejected = Rejection {
            state: State::Open,
            reason: RejectionReason::Open,
            retry_at: Timestamp::default(),
        };
        for certain in [
            Ok(unavailable(None, true)),
            Ok(unavailable(
                Some(Setback::Failed { open_until: None }),
                true,
            )),
            Ok(unavailable(Some(Setback::Open { until }), false)),
            Ok(unavailable(Some(Setback::Recovering), false)),
            Err(PathError::Rejected(rejected)),
            Err(invoke(InvokeError::Throttled(Throttle::default()))),
            Err(invoke(InvokeError::NotRun {
                code: "ResourceNotFoundException",
                cause: NotRun::Misconfigured,
            })),
            Err(invoke(InvokeError::NotConnected)),
        ] {
            assert!(changed_nothing(&certain), "{certain:?}");
        }
        for in_doubt in [
            Ok(unavailable(None, false)),
            Ok(unavailable(
                Some(Setback::Failed { open_until: None }),
                false,
            )),
            Ok(unavailable(Some(Setback::CutShort), false)),
            Err(PathError::ProbeTimedOut),
            Err(PathError::DeadlineExceeded),
            Err(invoke(InvokeError::Timeout(Duration::ZERO))),
            Err(invoke(InvokeError::Crashed(Code::UNKNOWN))),
            Err(invoke(InvokeError::NoAnswer(Code::UNKNOWN))),
        ] {
            assert!(!changed_nothing(&in_doubt), "{in_doubt:?}");
        }
    }
}
