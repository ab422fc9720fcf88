//! The wire: what the SDK is given in place of an HTTP client, so that modelled
//! functions answer the real path.

use std::{fmt, sync::Arc};

use aws_sdk_lambda::{
    config::{
        HttpClient, RuntimeComponents,
        http::{HttpRequest, HttpResponse},
    },
    primitives::SdkBody,
};
use aws_smithy_runtime_api::{
    client::http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    http::StatusCode,
};
use contract::{Reply, Target};

/// The functions at the other end.
pub(crate) trait Functions: fmt::Debug + Send + Sync + 'static {
    /// What the Retry Lambda says to `event`.
    fn retry(self: Arc<Self>, event: Vec<u8>) -> impl Future<Output = Reply> + Send;

    /// What the Fallback Lambda says to anything.
    fn fallback(&self) -> impl Future<Output = Reply> + Send;

    /// Whether Lambda has no capacity for an invocation of the function that begins
    /// now, and what it then says.
    fn throttle(&self, _function: Target) -> Option<Throttled> {
        None
    }
}

/// `TooManyRequestsException`, as Lambda says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Throttled {
    /// The header `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u32>,
}

impl Throttled {
    fn response(self) -> HttpResponse {
        let status = StatusCode::try_from(429).unwrap();
        let body = r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#;
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        let headers = response.headers_mut();
        headers.insert("x-amzn-errortype", "TooManyRequestsException");
        if let Some(seconds) = self.retry_after {
            headers.insert("retry-after", seconds.to_string());
        }
        response
    }
}

/// Carries invocations to them.
#[derive(Debug)]
pub(crate) struct Wire<F>(pub(crate) Arc<F>);

impl<F> Clone for Wire<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F: Functions> HttpClient for Wire<F> {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl<F: Functions> HttpConnector for Wire<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let functions = Arc::clone(&self.0);
        let target = if request.uri().contains("/functions/fallback/") {
            Target::Fallback
        } else {
            Target::Retry
        };
        if let Some(throttled) = functions.throttle(target) {
            return HttpConnectorFuture::ready(Ok(throttled.response()));
        }
        let event = request.body().bytes().unwrap().to_vec();
        HttpConnectorFuture::new(async move {
            let reply = match target {
                Target::Fallback => functions.fallback().await,
                _ => functions.retry(event).await,
            };
            let payload = serde_json::to_vec(&reply).unwrap();
            let status = StatusCode::try_from(200).unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(payload)))
        })
    }
}
