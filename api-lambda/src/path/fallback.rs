//! The last resort of a read: what the cache still knows.
//!
//! So that it is not put to the test only when it is needed, a small share of
//! the reads that went well asks it too, and what it says is compared.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use breaker_core::{Breaker, BreakerLayer, Outcome, StateStore};
use contract::{Body, Command, Deadline, Dependency, Read, Reply, Request, Response, Target};
use lambda_kit::{
    clock::Clock,
    function::{Function, InvokeError},
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};

use super::{Call, PathError, breaker_deadline, classify::of_error, throttling::Throttling};
use crate::telemetry::{Comparison, count_comparison};

/// The share of reads of one item that ask the fallback although all went well.
const SAMPLED: f64 = 0.01;

/// What such a read may wait for that longer.
const SAMPLE_LIMIT: Duration = Duration::from_millis(250);

/// The Fallback Lambda behind its own circuit, asked until a deadline.
type Protected = BoxCloneSyncService<(Request<Read>, Deadline), Response, PathError>;

pub(super) struct FallbackLayer<C> {
    fallback: Fallback<C>,
}

struct Fallback<C> {
    protected: Protected,
    clock: Arc<C>,
}

impl<C> Clone for Fallback<C> {
    fn clone(&self) -> Self {
        Self {
            protected: self.protected.clone(),
            clock: Arc::clone(&self.clock),
        }
    }
}

impl<C> FallbackLayer<C> {
    pub(super) fn new<S, B>(
        function: Function,
        breaker: Breaker<S, B>,
        limit: Duration,
        clock: Arc<C>,
    ) -> Self
    where
        S: StateStore,
        B: breaker_core::Clock,
        C: Clock,
    {
        let invoke = service_fn(move |(request, _): (Request<Read>, Deadline)| {
            let function = function.clone();
            async move { function.invoke::<_, Response>(&request, limit).await }
        });
        let throttling = Throttling::new(Arc::clone(&clock));
        let classify = move |result: &Result<_, _>| throttling.outcome(result.as_ref(), classify);
        let breaker = BreakerLayer::new(breaker, classify)
            .with_deadlines(|(_, deadline): &(_, Deadline)| Some(breaker_deadline(*deadline)));
        let protected = ServiceBuilder::new().layer(breaker).service(invoke);
        Self {
            fallback: Fallback {
                protected: BoxCloneSyncService::new(protected),
                clock,
            },
        }
    }
}

/// That nothing is cached is an answer, and no failure of the Fallback Lambda.
fn classify(result: Result<&Response, &InvokeError>) -> Outcome {
    match result.map(|response| &response.reply) {
        Ok(Reply::Served(_) | Reply::Refused(_)) => Outcome::Success,
        Ok(Reply::Unavailable(unavailable)) => match unavailable.dependency {
            Dependency::NothingCached => Outcome::Success,
            Dependency::Cache | Dependency::Database => Outcome::Failure,
            Dependency::Time => Outcome::Ignored,
        },
        Err(error) => of_error(error),
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
                (Ok(Reply::Served(served)), Command::Read(read @ Read::Get { .. }))
                    if !served.source.is_degraded() && fastrand::f64() < SAMPLED =>
                {
                    let body = served.body.clone();
                    count_comparison(fallback.compare(&call, read.clone(), &body).await);
                    result
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
        let attempt = self.attempt(call, read, call.request.deadline)?;
        match call.attempt_log.invocation(Target::Fallback, attempt).await {
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

    /// How what the Fallback Lambda knows compares with what was just read, and
    /// so was just left in the cache. Not an attempt at an answer, hence not in
    /// the attempt log.
    async fn compare(&self, call: &Call, read: Read, known: &Body) -> Comparison {
        let soon = Deadline::after(self.clock.now(), SAMPLE_LIMIT);
        let until = call.request.deadline.min(soon);
        let Some(attempt) = self.attempt(call, read, until) else {
            return Comparison::Unavailable;
        };
        match attempt.await.map(|response| response.reply) {
            Ok(Reply::Served(served)) if is_as_new(&served.body, known) => Comparison::Same,
            Ok(Reply::Served(_) | Reply::Refused(_)) => Comparison::Different,
            Ok(Reply::Unavailable(_)) | Err(_) => Comparison::Unavailable,
        }
    }

    /// `None` if there is no time left.
    fn attempt(
        &self,
        call: &Call,
        read: Read,
        until: Deadline,
    ) -> Option<impl Future<Output = Result<Response, PathError>>> {
        let Request {
            request_id,
            deadline,
            faults,
            ..
        } = call.request.clone();
        if until.remaining(self.clock.now()).is_zero() {
            return None;
        }
        let request = Request {
            request_id,
            deadline,
            faults,
            command: read,
        };
        Some(self.protected.clone().oneshot((request, until)))
    }
}

/// Another client may have written meanwhile, so newer is as good.
fn is_as_new(cached: &Body, known: &Body) -> bool {
    match (cached, known) {
        (Body::Item(cached), Body::Item(known)) => cached.version >= known.version,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use contract::{Item, Unavailable};
    use uuid::Uuid;

    use super::*;

    fn item(version: i64) -> Body {
        Body::Item(Item {
            id: Uuid::nil(),
            name: "bolt".to_owned(),
            description: String::new(),
            quantity: 1,
            version,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        })
    }

    #[test]
    fn only_an_older_item_or_none_at_all_is_worse() {
        assert!(is_as_new(&item(2), &item(2)));
        assert!(is_as_new(&item(3), &item(2)));
        assert!(!is_as_new(&item(1), &item(2)));
        let gone = Body::Deleted { id: Uuid::nil() };
        assert!(!is_as_new(&gone, &item(2)));
    }

    #[test]
    fn an_empty_cache_is_no_failure_of_the_fallback_and_a_dead_one_is() {
        let unavailable = |dependency| {
            Ok(Response::from(Reply::Unavailable(Unavailable {
                dependency,
                reason: String::new(),
                setback: None,
                unchanged: false,
            })))
        };
        let classified = |dependency| classify(unavailable(dependency).as_ref());
        assert_eq!(classified(Dependency::NothingCached), Outcome::Success);
        assert_eq!(classified(Dependency::Cache), Outcome::Failure);
        assert_eq!(classified(Dependency::Time), Outcome::Ignored);
        let late = InvokeError::Timeout(SAMPLE_LIMIT);
        assert_eq!(classify(Err(&late)), Outcome::Failure);
    }
}
