//! What a router with sign-in asks of AWS.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::{
    config::{
        HttpClient, RuntimeComponents,
        http::{HttpRequest, HttpResponse},
    },
    error::ConnectorError,
};
use aws_sdk_lambda::primitives::SdkBody;
use aws_smithy_runtime_api::{
    client::http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    http::StatusCode,
};
use axum::Router;

use crate::support::with_sign_in;

/// The routes of a stage with sign-in, also for items, and what they ask of AWS.
pub(crate) struct Watched {
    pub(crate) routes: Router,
    wire: Recorder,
}

impl Watched {
    /// AWS cannot be reached.
    pub(crate) fn with_sign_in() -> Self {
        Self::new(None)
    }

    /// AWS answers every request with an empty document.
    pub(crate) fn answering_with_nothing() -> Self {
        Self::new(Some("{}"))
    }

    fn new(reply: Option<&'static str>) -> Self {
        let requests = Arc::default();
        let wire = Recorder { requests, reply };
        let routes = with_sign_in(wire.clone());
        Self { routes, wire }
    }

    /// What has been asked since this was called last: `Invoke`, or an operation of DynamoDB.
    pub(crate) fn take(&self) -> Vec<String> {
        let requests = std::mem::take(&mut *self.wire.lock());
        requests
            .into_iter()
            .map(|(operation, _)| operation)
            .collect()
    }

    /// The bodies of all requests.
    pub(crate) fn sent(&self) -> Vec<String> {
        let requests = self.wire.lock();
        requests.iter().map(|(_, body)| body.clone()).collect()
    }
}

/// Stands in for an HTTP client of the SDK, and notes what it is given.
#[derive(Debug, Clone)]
struct Recorder {
    requests: Arc<Mutex<Vec<(String, String)>>>,
    reply: Option<&'static str>,
}

impl Recorder {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(String, String)>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Recorder {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target");
        let operation = target.and_then(|target| target.split('.').nth(1));
        let operation = operation.unwrap_or("Invoke").to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let body = String::from_utf8_lossy(body).into_owned();
        self.lock().push((operation, body));
        let answer = match self.reply {
            Some(reply) => {
                let status = StatusCode::try_from(200).unwrap();
                Ok(HttpResponse::new(status, SdkBody::from(reply)))
            }
            None => Err(ConnectorError::io("nobody is there".into())),
        };
        HttpConnectorFuture::ready(answer)
    }
}
