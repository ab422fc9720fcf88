//! The last resort of a read: what the cache still knows.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use contract::{Command, Read, Reply, Request};
use lambda_kit::{clock::Clock, function::Function};
use tower::{Layer, Service};

use super::{
    AttemptError, Call, PathError,
    journal::{AttemptOutcome, Target},
};

#[derive(Debug)]
pub(super) struct FallbackLayer<C> {
    fallback: Fallback<C>,
}

/// The Fallback Lambda and how long it may take.
#[derive(Debug)]
struct Fallback<C> {
    function: Function,
    limit: Duration,
    clock: Arc<C>,
}

impl<C> Clone for Fallback<C> {
    fn clone(&self) -> Self {
        Self {
            function: self.function.clone(),
            limit: self.limit,
            clock: Arc::clone(&self.clock),
        }
    }
}

impl<C> FallbackLayer<C> {
    pub(super) fn new(function: Function, limit: Duration, clock: Arc<C>) -> Self {
        Self {
            fallback: Fallback {
                function,
                limit,
                clock,
            },
        }
    }
}

impl<I, C> Layer<I> for FallbackLayer<C> {
    type Service = WithFallback<I, C>;

    fn layer(&self, inner: I) -> Self::Service {
        WithFallback {
            inner,
            fallback: self.fallback.clone(),
        }
    }
}

#[derive(Debug)]
pub(super) struct WithFallback<I, C> {
    inner: I,
    fallback: Fallback<C>,
}

impl<I: Clone, C> Clone for WithFallback<I, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            fallback: self.fallback.clone(),
        }
    }
}

impl<I, C> Service<Call> for WithFallback<I, C>
where
    I: Service<Call, Response = Reply, Error = PathError>,
    I::Future: Send + 'static,
    C: Clock,
{
    type Response = Reply;
    type Error = PathError;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, PathError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), PathError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let fallback = self.fallback.clone();
        let normal_way = self.inner.call(call.clone());
        Box::pin(async move {
            let result = normal_way.await;
            match (&result, &call.request.command) {
                (Ok(Reply::Unavailable(_)) | Err(_), Command::Read(read)) => {
                    fallback.ask(&call, read.clone()).await.map_or(result, Ok)
                }
                // A write is never answered from the cache.
                _ => result,
            }
        })
    }
}

impl<C: Clock> Fallback<C> {
    /// What the Fallback Lambda knows; `None` if that is nothing.
    async fn ask(&self, call: &Call, read: Read) -> Option<Reply> {
        let Request {
            request_id,
            deadline,
            faults,
            ..
        } = call.request.clone();
        let limit = deadline.remaining(self.clock.now()).min(self.limit);
        if limit.is_zero() {
            return None;
        }
        let started = call.journal.elapsed();
        let request = Request {
            request_id,
            deadline,
            faults,
            command: read,
        };
        let result = self.function.invoke::<_, Reply>(&request, limit).await;
        let result = result.map_err(|error| PathError::Inner(AttemptError::from(error)));
        call.journal
            .note(Target::Fallback, AttemptOutcome::of(&result), started);
        match result {
            Ok(reply @ (Reply::Served(_) | Reply::Refused(_))) => Some(reply),
            Ok(Reply::Unavailable(unavailable)) => {
                tracing::info!(reason = unavailable.reason, "the fallback has no answer");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "the fallback failed");
                None
            }
        }
    }
}
