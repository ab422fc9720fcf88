//! The breaker as a tower middleware.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tower::{Layer, Service};

use super::{Breaker, CallError, Deadline};
use crate::{outcome::Outcome, store::StateStore, time::Clock};

/// Puts a [`Breaker`] in front of a service.
///
/// `classify` says what a result means for the dependency's health. With
/// [`BreakerLayer::with_deadlines`] each request has a deadline of its own.
#[derive(Debug)]
pub struct BreakerLayer<S, C, F, D = NoDeadline> {
    breaker: Breaker<S, C>,
    classify: Arc<F>,
    deadlines: Arc<D>,
}

impl<S, C, F, D> Clone for BreakerLayer<S, C, F, D> {
    fn clone(&self) -> Self {
        Self {
            breaker: self.breaker.clone(),
            classify: Arc::clone(&self.classify),
            deadlines: Arc::clone(&self.deadlines),
        }
    }
}

impl<S, C, F> BreakerLayer<S, C, F> {
    /// A layer over `breaker`, for requests without deadlines.
    pub fn new(breaker: Breaker<S, C>, classify: F) -> Self {
        Self {
            breaker,
            classify: Arc::new(classify),
            deadlines: Arc::new(NoDeadline),
        }
    }

    /// Reads each request's deadline, as in [`Breaker::call_by`]; `None` is a
    /// request that may take as long as it takes.
    pub fn with_deadlines<G>(self, deadline_of: G) -> BreakerLayer<S, C, F, PerRequest<G>> {
        BreakerLayer {
            breaker: self.breaker,
            classify: self.classify,
            deadlines: Arc::new(PerRequest(deadline_of)),
        }
    }
}

/// Where a [`BreakerLayer`] takes a request's deadline from.
pub trait RequestDeadline<Q> {
    /// The deadline of `request`, if it has one.
    fn deadline_of(&self, request: &Q) -> Option<Deadline>;
}

/// Requests have no deadlines.
#[derive(Debug, Clone, Copy)]
pub struct NoDeadline;

impl<Q> RequestDeadline<Q> for NoDeadline {
    fn deadline_of(&self, _: &Q) -> Option<Deadline> {
        None
    }
}

/// A function reads the deadline from the request.
#[derive(Debug, Clone, Copy)]
pub struct PerRequest<G>(G);

impl<Q, G: Fn(&Q) -> Option<Deadline>> RequestDeadline<Q> for PerRequest<G> {
    fn deadline_of(&self, request: &Q) -> Option<Deadline> {
        (self.0)(request)
    }
}

impl<I, S, C, F, D> Layer<I> for BreakerLayer<S, C, F, D> {
    type Service = BreakerService<I, S, C, F, D>;

    fn layer(&self, inner: I) -> Self::Service {
        BreakerService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service behind a [`Breaker`].
#[derive(Debug)]
pub struct BreakerService<I, S, C, F, D = NoDeadline> {
    inner: I,
    layer: BreakerLayer<S, C, F, D>,
}

impl<I: Clone, S, C, F, D> Clone for BreakerService<I, S, C, F, D> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<I, Q, S, C, F, D> Service<Q> for BreakerService<I, S, C, F, D>
where
    I: Service<Q> + Clone + Send + 'static,
    I::Future: Send + 'static,
    Q: Send + 'static,
    I::Response: Send + 'static,
    I::Error: Send + 'static,
    S: StateStore,
    C: Clock,
    F: Fn(&Result<I::Response, I::Error>) -> Outcome + Send + Sync + 'static,
    D: RequestDeadline<Q> + Send + Sync + 'static,
{
    type Response = I::Response;
    type Error = CallError<I::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(CallError::Inner)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        // Only the service that was polled ready may be called.
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        let BreakerLayer {
            breaker,
            classify,
            deadlines,
        } = self.layer.clone();
        let deadline = deadlines.deadline_of(&request);
        Box::pin(async move {
            // The inner service must not be called before the request is admitted.
            let call = async move { ready.call(request).await };
            let classify = |result: &Result<_, _>| classify(result);
            match deadline {
                None => breaker.call(call, classify).await,
                Some(deadline) => breaker.call_by(deadline, call, classify).await,
            }
        })
    }
}
