//! An HTTP client over kept connections.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The client; a copy shares its connections.
#[derive(Clone)]
pub(crate) struct Client(Pool<HttpConnector, Body>);

impl Client {
    pub(crate) fn new() -> Self {
        Self(Pool::builder(TokioExecutor::new()).build_http())
    }

    /// The status that `url` answers with; `None` if there is no answer.
    pub(crate) async fn get(&self, url: &str) -> Option<StatusCode> {
        let request = Request::get(url).body(Body::empty()).ok()?;
        let answer = self.0.request(request).await.ok()?;
        Some(answer.status())
    }
}
