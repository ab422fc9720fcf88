//! The innermost service: one invocation of the Retry Lambda.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use contract::Response;
use lambda_kit::function::{Function, InvokeError};
use tower::Service;

use super::Call;

/// Sends a command to the Retry Lambda.
#[derive(Debug, Clone)]
pub(super) struct Invoke {
    function: Function,
    /// How long one attempt may take.
    limit: Duration,
}

impl Invoke {
    pub(super) fn new(function: Function, limit: Duration) -> Self {
        Self { function, limit }
    }
}

impl Service<Call> for Invoke {
    type Response = Response;
    type Error = InvokeError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, InvokeError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let Self { function, limit } = self.clone();
        Box::pin(async move { function.invoke(&call.request, limit).await })
    }
}
