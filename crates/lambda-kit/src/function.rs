//! Invoking another function.

use std::time::Duration;

use aws_sdk_lambda::{
    config::timeout::TimeoutConfig, error::SdkError,
    operation::invoke::InvokeError as SdkInvokeError, primitives::Blob,
};
use contract::AttemptOutcome;
use serde::{Serialize, de::DeserializeOwned};

/// A function that can be invoked.
#[derive(Debug, Clone)]
pub struct Function {
    client: aws_sdk_lambda::Client,
    name: String,
}

/// The ways in which an invocation can fail.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No answer came within the time given.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// Lambda has no execution environment to spare for this function.
    #[error("throttled by Lambda")]
    Throttled,
    /// Lambda could not be asked, or refused to invoke the function.
    #[error("could not be invoked: {0}")]
    Unreachable(String),
    /// The function ended without a reply: it crashed or ran out of time.
    #[error("ended without a reply: {0}")]
    Crashed(String),
    /// The reply is not one that this version understands.
    #[error("gave a reply that cannot be understood")]
    Unreadable(#[source] serde_json::Error),
    /// The request could not be written as JSON.
    #[error("request cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl From<&InvokeError> for AttemptOutcome {
    fn from(error: &InvokeError) -> Self {
        match error {
            InvokeError::Timeout(_) => Self::Timeout,
            InvokeError::Throttled
            | InvokeError::Unreachable(_)
            | InvokeError::Crashed(_)
            | InvokeError::Unreadable(_)
            | InvokeError::Unwritable(_) => Self::Error,
        }
    }
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
        let payload = serde_json::to_vec(request).map_err(InvokeError::Unwritable)?;
        let bounded = aws_sdk_lambda::config::Config::builder()
            .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build());
        let output = self
            .client
            .invoke()
            .function_name(&self.name)
            .payload(Blob::new(payload))
            .customize()
            .config_override(bounded)
            .send()
            .await
            .map_err(|error| classify(&error, timeout))?;
        let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
        if output.function_error.is_some() {
            return Err(InvokeError::Crashed(describe_crash(&payload)));
        }
        serde_json::from_slice(&payload).map_err(InvokeError::Unreadable)
    }
}

fn classify<R>(error: &SdkError<SdkInvokeError, R>, timeout: Duration) -> InvokeError {
    match error {
        SdkError::TimeoutError(_) => InvokeError::Timeout(timeout),
        SdkError::ServiceError(service) if service.err().is_too_many_requests_exception() => {
            InvokeError::Throttled
        }
        SdkError::ServiceError(service) => {
            InvokeError::Unreachable(service.err().meta().code().unwrap_or("unknown").to_owned())
        }
        SdkError::DispatchFailure(failure) if failure.is_timeout() => InvokeError::Timeout(timeout),
        _ => InvokeError::Unreachable("no connection to Lambda".to_owned()),
    }
}

/// What Lambda says of a crash: the error's type, never its message, which may
/// repeat the payload.
fn describe_crash(payload: &[u8]) -> String {
    serde_json::from_slice::<serde_json::Value>(payload)
        .ok()
        .and_then(|report| Some(report.get("errorType")?.as_str()?.to_owned()))
        .unwrap_or_else(|| "no error type given".to_owned())
}
