//! The request that an event describes.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Request, Uri},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::{EventError, Refusal, path, query};

const FORMAT: &str = "2.0";

/// What this function reads of an event of an HTTP API.
///
/// `ApiGatewayV2httpRequest` of the same crate refuses a whole event for one odd header, and
/// panics for more headers than a map of them holds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpEvent {
    version: String,
    raw_path: String,
    raw_query_string: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    request_context: ApiGatewayV2httpRequestContext,
}

impl HttpEvent {
    /// Reads an event. What is wrong with another payload is not said: it would be quoted.
    pub(super) fn parse(payload: &str) -> Result<Self, EventError> {
        match serde_json::from_str::<Self>(payload) {
            Ok(event) if event.version == FORMAT => Ok(event),
            _ => Err(EventError::NotARequest),
        }
    }

    /// The request that the client made. If no route may see it, it carries a [`Refusal`],
    /// and only its method and, where they can be read, its headers.
    pub(super) fn into_request(self) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = self.request_context.http.method.clone();
        if let Err(refusal) = self.fill(&mut request) {
            request.extensions_mut().insert(refusal);
        }
        request.extensions_mut().insert(self.request_context);
        request
    }

    fn fill(&self, request: &mut Request<Body>) -> Result<(), Refusal> {
        *request.headers_mut() = self.read_headers()?;
        let uri = self.uri()?;
        *request.body_mut() = self.read_body()?;
        *request.uri_mut() = uri;
        Ok(())
    }

    fn read_headers(&self) -> Result<HeaderMap, Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            let refused = || Refusal::Header(name.clone());
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
            let value = HeaderValue::from_str(value).map_err(|_| refused())?;
            headers.try_append(key, value).map_err(|_| refused())?;
        }
        Ok(headers)
    }

    /// Path and query only: what `Host` and its like say decides nothing.
    fn uri(&self) -> Result<Uri, Refusal> {
        let stage = self.request_context.stage.as_deref();
        let path = path::routable(&self.raw_path, stage).ok_or(Refusal::Path)?;
        let uri = match self.raw_query_string.as_deref() {
            None | Some("") => Uri::try_from(path),
            Some(raw) => Uri::try_from(format!("{path}?{}", query::encoded(raw)?)),
        };
        uri.map_err(|_| Refusal::Path)
    }

    fn read_body(&self) -> Result<Body, Refusal> {
        match (&self.body, self.is_base64_encoded) {
            (None, _) => Ok(Body::empty()),
            (Some(text), Some(true)) => {
                let bytes = STANDARD.decode(text).map_err(|_| Refusal::Body)?;
                Ok(bytes.into())
            }
            (Some(text), None | Some(false)) => Ok(text.clone().into()),
        }
    }
}
