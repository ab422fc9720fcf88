//! From an event of API Gateway to an HTTP request, and from the answer back.
//!
//! API Gateway matches and authorises a path, and hands it over decoded, as text. A URL
//! parser would resolve dot segments in it, turn `\` into `/` and drop control characters:
//! the path that is routed would not be the path that was authorised. There is none here.
//! A path is routed byte for byte as it came, or the request is refused ([`Refusal`]).
//!
//! Nothing here panics, whatever Lambda delivers. What a client can cause becomes a
//! [`Refusal`], which the routes answer with a problem document; a payload that is no
//! request of an HTTP API is an invocation error ([`EventError`]).

mod path;
mod query;
mod refusal;
mod request;
mod response;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use axum::Router;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::value::RawValue;
use tower::ServiceExt;

use self::request::HttpEvent;
pub use self::{query::MAX_BYTES as QUERY_MAX_BYTES, refusal::Refusal};

/// Any JSON document. What it is gets decided here, not by the runtime, whose errors
/// would quote it.
pub type Payload = Box<RawValue>;

/// Why an event has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The payload is something else.
    #[error(
        "the payload is not a request of an API Gateway HTTP API: payload format 2.0 is \
         expected, with rawPath and requestContext"
    )]
    NotARequest,
    /// The body of the answer broke off.
    #[error("the body of the answer could not be read to its end")]
    BrokenAnswer,
}

impl From<EventError> for Diagnostic {
    fn from(error: EventError) -> Self {
        let name = match error {
            EventError::NotARequest => "NotARequest",
            EventError::BrokenAnswer => "BrokenAnswer",
        };
        Self {
            error_type: name.to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// Answers an event with what `routes` answer to its request.
///
/// The request carries, as extensions, the context that API Gateway gives
/// ([`ApiGatewayV2httpRequestContext`](aws_lambda_events::apigw::ApiGatewayV2httpRequestContext)),
/// the runtime's [`Context`](lambda_runtime::Context), and a [`Refusal`] if no route may
/// see it.
///
/// # Errors
///
/// [`EventError::NotARequest`] if the payload is not a request of an HTTP API in payload
/// format 2.0, [`EventError::BrokenAnswer`] if a route's answer cannot be read.
pub async fn answer(
    routes: Router,
    event: LambdaEvent<Payload>,
) -> Result<ApiGatewayV2httpResponse, EventError> {
    let LambdaEvent { payload, context } = event;
    let event = HttpEvent::parse(payload.get()).inspect_err(|error| {
        tracing::error!(%error, "the event cannot be answered");
    })?;
    let mut request = event.into_request();
    request.extensions_mut().insert(context);
    let Ok(response) = routes.oneshot(request).await;
    response::write(response).await
}
