//! The breaker as a tower middleware.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tower::{Layer, Service};

use super::{Breaker, CallError};
use crate::{member::Outcome, store::StateStore, time::Clock};

/// Puts a [`Breaker`] in front of a service.
///
/// `classify` says what a result means for the dependency's health.
#[derive(Debug)]
pub struct BreakerLayer<S, C, F> {
    breaker: Breaker<S, C>,
    classify: Arc<F>,
}

impl<S, C, F> Clone for BreakerLayer<S, C, F> {
    fn clone(&self) -> Self {
        Self {
            breaker: self.breaker.clone(),
            classify: Arc::clone(&self.classify),
        }
    }
}

impl<S, C, F> BreakerLayer<S, C, F> {
    /// A layer over `breaker`.
    pub fn new(breaker: Breaker<S, C>, classify: F) -> Self {
        Self {
            breaker,
            classify: Arc::new(classify),
        }
    }
}

impl<I, S, C, F> Layer<I> for BreakerLayer<S, C, F> {
    type Service = BreakerService<I, S, C, F>;

    fn layer(&self, inner: I) -> Self::Service {
        BreakerService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service behind a [`Breaker`].
#[derive(Debug)]
pub struct BreakerService<I, S, C, F> {
    inner: I,
    layer: BreakerLayer<S, C, F>,
}

impl<I: Clone, S, C, F> Clone for BreakerService<I, S, C, F> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<I, Q, S, C, F> Service<Q> for BreakerService<I, S, C, F>
where
    I: Service<Q> + Clone + Send + 'static,
    I::Future: Send + 'static,
    Q: Send + 'static,
    I::Response: Send + 'static,
    I::Error: Send + 'static,
    S: StateStore,
    C: Clock,
    F: Fn(&Result<I::Response, I::Error>) -> Outcome + Send + Sync + 'static,
{
    type Response = I::Response;
    type Error = CallError<I::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(CallError::Inner)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        // The inner service must not be called before the request is admitted,
        // and only the one that was polled ready may be called.
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        let BreakerLayer { breaker, classify } = self.layer.clone();
        Box::pin(async move {
            let permit = breaker.admit().await.map_err(CallError::Rejected)?;
            breaker
                .run(permit, ready.call(request), |result| classify(result))
                .await
        })
    }
}
