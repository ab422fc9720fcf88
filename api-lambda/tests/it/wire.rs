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
use contract::Reply;

/// The functions at the other end.
pub(crate) trait Functions: fmt::Debug + Send + Sync + 'static {
    /// What the Retry Lambda says to `event`.
    fn retry(self: Arc<Self>, event: Vec<u8>) -> impl Future<Output = Reply> + Send;

    /// What the Fallback Lambda says to anything.
    fn fallback(&self) -> impl Future<Output = Reply> + Send;
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
        let to_fallback = request.uri().contains("/functions/fallback/");
        let event = request.body().bytes().unwrap().to_vec();
        HttpConnectorFuture::new(async move {
            let reply = if to_fallback {
                functions.fallback().await
            } else {
                functions.retry(event).await
            };
            let payload = serde_json::to_vec(&reply).unwrap();
            let status = StatusCode::try_from(200).unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(payload)))
        })
    }
}
