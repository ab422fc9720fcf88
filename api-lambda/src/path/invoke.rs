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

/// The Timeout layer decides how long an attempt may take; this only makes
/// sure that no socket is held for ever if that layer is ever left out.
const LONGEST: Duration = Duration::from_secs(15);

/// Sends a command to the Retry Lambda.
#[derive(Debug, Clone)]
pub(super) struct Invoke {
    function: Function,
}

impl Invoke {
    pub(super) fn new(function: Function) -> Self {
        Self { function }
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
        let function = self.function.clone();
        Box::pin(async move { function.invoke(&call.request, LONGEST).await })
    }
}
