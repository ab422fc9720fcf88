//! Something in place of an AWS service, which answers as a test says.

use std::{fmt, pin::Pin, sync::Arc};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use serde_json::{Value, json};

/// A status and a JSON document.
pub(crate) type Answer = (u16, Value);

type Answering = dyn Fn(Value) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

/// Answers each request by its JSON document.
#[derive(Clone)]
pub(crate) struct StandIn(Arc<Answering>);

impl StandIn {
    pub(crate) fn new<F>(answer: impl Fn(Value) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(answer(request))))
    }

    /// Always gives the same answer.
    pub(crate) fn always(answer: Answer) -> Self {
        Self::new(move |_| std::future::ready(answer.clone()))
    }
}

/// An error as AWS's services tell it.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    (
        status,
        json!({"__type": code, "message": "as the test says"}),
    )
}

impl fmt::Debug for StandIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StandIn")
    }
}

impl HttpClient for StandIn {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for StandIn {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let document = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let answer = (self.0)(document);
        HttpConnectorFuture::new(async move {
            let (status, document) = answer.await;
            let status = StatusCode::try_from(status).unwrap();
            Ok(HttpResponse::new(status, document.to_string().into()))
        })
    }
}
