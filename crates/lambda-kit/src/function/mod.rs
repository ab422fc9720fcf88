//! Invoking another function.

mod error;
mod refusal;

use std::time::Duration;

use aws_sdk_lambda::{config::http::HttpRequest, primitives::Blob};
use serde::{Serialize, de::DeserializeOwned};

pub use self::error::{InvokeError, NotRun, Throttle};
use crate::{code::Code, telemetry};

/// Where X-Ray's id travels.
const TRACE_HEADER: &str = "x-amzn-trace-id";

/// A function that can be invoked.
#[derive(Debug, Clone)]
pub struct Function {
    client: aws_sdk_lambda::Client,
    name: String,
}

impl Function {
    /// The function called `name`, or with that ARN.
    pub fn new(client: aws_sdk_lambda::Client, name: String) -> Self {
        Self { client, name }
    }

    /// Invokes the function and waits for its reply, at most `timeout`.
    ///
    /// # Errors
    ///
    /// See [`InvokeError`]; never retried here.
    pub async fn invoke<Q, R>(&self, request: &Q, timeout: Duration) -> Result<R, InvokeError>
    where
        Q: Serialize + Sync,
        R: DeserializeOwned,
    {
        let payload =
            serde_json::to_vec(request).map_err(|error| InvokeError::Unwritable(error.into()))?;
        let invocation = self
            .client
            .invoke()
            .function_name(&self.name)
            .payload(Blob::new(payload))
            .customize()
            .mutate_request(pass_on_trace)
            .send();
        // Not the SDK's own time-out: to set one for a single call makes it put its
        // configuration together anew.
        let output = tokio::time::timeout(timeout, invocation)
            .await
            .map_err(|_| InvokeError::Timeout(timeout))?
            .map_err(|error| refusal::classify(&error, timeout))?;
        let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
        if output.function_error.is_some() {
            return Err(InvokeError::Crashed(describe_crash(&payload)));
        }
        serde_json::from_slice(&payload).map_err(|error| InvokeError::Unreadable(error.into()))
    }
}

/// What Lambda says of a crash: the error's type, never its message, which may
/// repeat the payload.
fn describe_crash(payload: &[u8]) -> Code {
    let report = serde_json::from_slice::<serde_json::Value>(payload).unwrap_or_default();
    Code::received(report["errorType"].as_str())
}

/// Lets X-Ray see that the invocation belongs to this one. The SDK does so by itself, but from
/// a variable that is not set where several requests are answered at a time.
fn pass_on_trace(request: &mut HttpRequest) {
    if let Some(id) = telemetry::trace_id() {
        // An id that cannot be a header is not passed on.
        let _ = request.headers_mut().try_insert(TRACE_HEADER, id);
    }
}
