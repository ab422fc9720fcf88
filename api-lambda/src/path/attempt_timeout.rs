//! Cuts an attempt off: at its own time-out or when attempts end for this
//! call, whichever comes first. It matters which: a client in a hurry is not
//! the dependency's failure.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use lambda_kit::{clock::Clock, function::InvokeError};
use tower::{Layer, Service};

use super::{AttemptError, Call};

#[derive(Debug)]
pub(super) struct AttemptTimeoutLayer<C> {
    limit: Duration,
    clock: Arc<C>,
}

impl<C> AttemptTimeoutLayer<C> {
    pub(super) fn new(limit: Duration, clock: Arc<C>) -> Self {
        Self { limit, clock }
    }
}

impl<I, C> Layer<I> for AttemptTimeoutLayer<C> {
    type Service = AttemptTimeout<I, C>;

    fn layer(&self, inner: I) -> Self::Service {
        AttemptTimeout {
            inner,
            limit: self.limit,
            clock: Arc::clone(&self.clock),
        }
    }
}

#[derive(Debug)]
pub(super) struct AttemptTimeout<I, C> {
    inner: I,
    limit: Duration,
    clock: Arc<C>,
}

impl<I: Clone, C> Clone for AttemptTimeout<I, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            limit: self.limit,
            clock: Arc::clone(&self.clock),
        }
    }
}

impl<I, C> Service<Call> for AttemptTimeout<I, C>
where
    I: Service<Call, Error = InvokeError>,
    I::Future: Send + 'static,
    C: Clock,
{
    type Response = I::Response;
    type Error = AttemptError;
    type Future = Pin<Box<dyn Future<Output = Result<I::Response, AttemptError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), AttemptError>> {
        self.inner.poll_ready(context).map_err(AttemptError::from)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let remaining = call.attempts_end.remaining(self.clock.now());
        let limit = self.limit;
        let attempt = self.inner.call(call);
        Box::pin(async move {
            match tokio::time::timeout(limit.min(remaining), attempt).await {
                Ok(result) => result.map_err(AttemptError::from),
                Err(_) if remaining < limit => Err(AttemptError::DeadlineReached),
                Err(_) => Err(AttemptError::TimedOut),
            }
        })
    }
}
