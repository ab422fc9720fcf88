//! Every request has an id: in every log line, in every answer.

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use lambda_runtime::Context;
use tracing::Instrument;
use uuid::Uuid;

use super::problem::Problem;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_LENGTH: usize = 128;

/// The id of the request being answered.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// Finds or makes the id, hands it to the handler and to the client, and
/// writes the body of a problem.
pub(super) async fn carry(mut request: Request, next: Next) -> Response {
    let id = of_client(request.headers())
        .or_else(|| {
            let context = request.extensions().get::<Context>();
            context.map(|context| context.request_id.clone())
        })
        .unwrap_or_else(|| Uuid::now_v7().to_string());
    let route = request.extensions().get::<MatchedPath>();
    // Not the path: what stands in the place of an id is what a client wrote there.
    let span = tracing::info_span!(
        "request",
        request_id = id,
        method = %request.method(),
        route = route.map_or("none", MatchedPath::as_str),
        trace_id = lambda_kit::telemetry::trace_id(),
    );
    request.extensions_mut().insert(RequestId(id.clone()));
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = Problem::tell(response, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    // An answer tells how it came about, and a stored one would tell it again of a
    // request for which that is not true.
    let headers = response.headers_mut();
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    let no_sniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, no_sniff);
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), "answered"));
    response
}

/// The client's own id, if it is one that can go into logs and headers.
fn of_client(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(&X_REQUEST_ID)?.to_str().ok()?;
    let usable = (1..=MAX_LENGTH).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte));
    usable.then(|| text.to_owned())
}
