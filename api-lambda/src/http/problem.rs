//! Everything that can go wrong, as `application/problem+json` (RFC 9457).
//!
//! The catalogue is closed: each kind has one `type`, one title and one
//! status. Details say what was wrong and what would be right, and never
//! mention SQL, ARNs or host names.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use contract::{Attempt, FaultTarget, FieldError, IdempotencyKey, Version};
use lambda_kit::{clock::as_ms, config::Stage};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::headers::{IDEMPOTENCY_KEY, SERVER_TIMING, describe_timing, tell_key};

/// How many mistakes the detail of a problem tells.
const MISTAKES_TOLD: usize = 5;

/// The kinds of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    FaultsRefused,
    MalformedJson,
    InvalidItem,
    InvalidParameter,
    NotFound,
    UnknownRoute,
    MethodNotAllowed,
    VersionMismatch,
    PayloadTooLarge,
    UnsupportedMediaType,
    IdempotencyKeyReused,
    StillUnderWay,
    Internal,
    ServiceUnavailable,
    DeadlineExceeded,
}

impl Kind {
    const fn entry(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Self::FaultsRefused => (
                "faults-refused",
                "Faults cannot be injected here",
                StatusCode::FORBIDDEN,
            ),
            Self::MalformedJson => (
                "malformed-json",
                "The body is not JSON",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidItem => (
                "invalid-item",
                "The document is not acceptable",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidParameter => (
                "invalid-parameter",
                "A parameter is not acceptable",
                StatusCode::BAD_REQUEST,
            ),
            Self::NotFound => ("not-found", "There is no such thing", StatusCode::NOT_FOUND),
            Self::UnknownRoute => (
                "unknown-route",
                "There is no such route",
                StatusCode::NOT_FOUND,
            ),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                "The route does not have this method",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            Self::VersionMismatch => (
                "version-mismatch",
                "The item has been written since",
                StatusCode::PRECONDITION_FAILED,
            ),
            Self::PayloadTooLarge => (
                "payload-too-large",
                "The body is too large",
                StatusCode::PAYLOAD_TOO_LARGE,
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                "The body's type is not supported",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::IdempotencyKeyReused => (
                "idempotency-key-reused",
                "The idempotency key was used for another request",
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            Self::StillUnderWay => (
                "still-under-way",
                "The first request with this idempotency key is still under way",
                StatusCode::CONFLICT,
            ),
            Self::Internal => (
                "internal",
                "Something went wrong here",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
            Self::ServiceUnavailable => (
                "service-unavailable",
                "The service is in trouble",
                StatusCode::SERVICE_UNAVAILABLE,
            ),
            Self::DeadlineExceeded => (
                "deadline-exceeded",
                "There was no time left",
                StatusCode::GATEWAY_TIMEOUT,
            ),
        }
    }
}

/// A problem on its way to the client.
///
/// It becomes a response without a body; `request_id::carry` writes the body,
/// because only there the request's id is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    /// The key under which the change can be repeated.
    key: Option<IdempotencyKey>,
    /// What was tried before giving up.
    attempts: Vec<Attempt>,
}

/// The body of a problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// `urn:breaker:problem:` and the kind's name.
    r#type: String,
    /// What kind of problem this is; the same for all of its kind.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was wrong this time, and what would be right.
    detail: String,
    /// Ties this answer to the logs.
    request_id: String,
    /// Every single mistake, where there are any to name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Every attempt made, in order, where any was made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<Attempt>,
    /// After how many seconds another attempt may succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
}

impl Problem {
    fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            key: None,
            attempts: Vec::new(),
        }
    }

    pub(super) fn malformed_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let kind = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            _ => "it has a syntax error",
        };
        let detail = format!("The body must be JSON, but {kind} at line {line}, column {column}.");
        Self::new(Kind::MalformedJson, detail)
    }

    pub(super) fn invalid_item(errors: Vec<FieldError>) -> Self {
        Self::of_mistakes(Kind::InvalidItem, errors)
    }

    pub(super) fn invalid_parameters(errors: Vec<FieldError>) -> Self {
        Self::of_mistakes(Kind::InvalidParameter, errors)
    }

    /// The detail tells the first mistakes to people; programs read them all
    /// in `errors`.
    fn of_mistakes(kind: Kind, errors: Vec<FieldError>) -> Self {
        let told = errors
            .iter()
            .take(MISTAKES_TOLD)
            .map(|error| match error.field.as_str() {
                "" => error.message.clone(),
                field => format!("{field} {}", error.message),
            });
        let mut detail = told.collect::<Vec<_>>().join("; ");
        if errors.len() > MISTAKES_TOLD {
            detail.push_str("; and more");
        }
        detail.push('.');
        Self {
            errors,
            ..Self::new(kind, detail)
        }
    }

    pub(super) fn invalid_parameter(field: &str, message: impl Into<String>) -> Self {
        let error = FieldError {
            field: field.to_owned(),
            message: message.into(),
        };
        Self::invalid_parameters(vec![error])
    }

    pub(super) fn item_not_found(id: Uuid) -> Self {
        Self::new(Kind::NotFound, format!("There is no item {id}."))
    }

    pub(super) fn circuit_not_found(known: &str) -> Self {
        Self::new(
            Kind::NotFound,
            format!("There is no such circuit; known are {known}."),
        )
    }

    pub(super) fn fault_target_not_found() -> Self {
        let known = FaultTarget::ALL.map(FaultTarget::as_str).join(", ");
        let detail = format!("There is no such target of faults; known are {known}.");
        Self::new(Kind::NotFound, detail)
    }

    pub(super) fn faults_refused(stage: Stage) -> Self {
        let detail = format!(
            "The stage {} does not let anybody inject faults; FAULT_INJECTION=allowed would.",
            stage.as_str()
        );
        Self::new(Kind::FaultsRefused, detail)
    }

    pub(super) fn unknown_route(path: &str) -> Self {
        let shown: String = path.chars().take(100).collect();
        let detail = format!("There is nothing at {shown}; GET /openapi.json lists every route.");
        Self::new(Kind::UnknownRoute, detail)
    }

    pub(super) fn method_not_allowed() -> Self {
        let detail = "The header Allow lists the methods that this route has.";
        Self::new(Kind::MethodNotAllowed, detail)
    }

    pub(super) fn version_mismatch(current: Version) -> Self {
        let detail = format!("The item is at version {current} now; read it and decide anew.");
        Self::new(Kind::VersionMismatch, detail)
    }

    pub(super) fn payload_too_large(limit: usize) -> Self {
        let detail = format!("The body may have at most {limit} bytes.");
        Self::new(Kind::PayloadTooLarge, detail)
    }

    pub(super) fn unsupported_media_type() -> Self {
        let detail = "The header Content-Type must be application/json.";
        Self::new(Kind::UnsupportedMediaType, detail)
    }

    pub(super) fn idempotency_key_reused() -> Self {
        let detail = "Use a new Idempotency-Key for each new request.";
        Self::new(Kind::IdempotencyKeyReused, detail)
    }

    /// A second is what a write takes at most while the database is well.
    pub(super) fn still_under_way() -> Self {
        let detail = "Repeat the request with the same Idempotency-Key to learn its outcome.";
        Self {
            retry_after: Some(Duration::from_secs(1)),
            ..Self::new(Kind::StillUnderWay, detail)
        }
    }

    pub(super) fn internal() -> Self {
        let detail = "The mistake is ours; the request id helps to find it.";
        Self::new(Kind::Internal, detail)
    }

    pub(super) fn unavailable(detail: impl Into<String>, retry_after: Duration) -> Self {
        let retry_after = Some(retry_after);
        Self {
            retry_after,
            ..Self::new(Kind::ServiceUnavailable, detail)
        }
    }

    pub(super) fn deadline_exceeded(detail: &str) -> Self {
        Self::new(Kind::DeadlineExceeded, detail)
    }

    /// The same problem, with the key that repeats the change it is about.
    pub(super) fn about(self, key: IdempotencyKey) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    /// The same problem, with what was tried before giving up.
    pub(super) fn after(self, attempts: Vec<Attempt>) -> Self {
        Self { attempts, ..self }
    }

    /// Whole seconds, rounded up: coming back too early would be in vain.
    fn retry_after_s(&self) -> Option<u64> {
        self.retry_after
            .map(|wait| as_ms(wait).div_ceil(1_000).max(1))
    }

    /// The body for the client.
    pub(super) fn body(&self, request_id: &str) -> ProblemBody {
        let (name, title, status) = self.kind.entry();
        ProblemBody {
            r#type: format!("urn:breaker:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
            attempts: self.attempts.clone(),
            retry_after_s: self.retry_after_s(),
        }
    }

    /// Turns a response that announces a problem into one that tells it.
    ///
    /// An error that is not of this catalogue comes from axum itself, which
    /// could not decode the path or the query.
    pub(super) fn tell(response: Response, request_id: &str) -> Response {
        let problem = match response.extensions().get::<Self>() {
            Some(problem) => problem.clone(),
            None if response.status().is_client_error() => {
                Self::invalid_parameter("", "the path and the query must be percent-encoded UTF-8")
            }
            None if response.status().is_server_error() => Self::internal(),
            None => return response,
        };
        let mut told = Json(problem.body(request_id)).into_response();
        *told.status_mut() = response.status();
        let problem_json = HeaderValue::from_static("application/problem+json");
        let (parts, _) = response.into_parts();
        let keep = [
            header::ALLOW,
            header::ACCEPT,
            header::RETRY_AFTER,
            IDEMPOTENCY_KEY.clone(),
            SERVER_TIMING.clone(),
        ];
        for name in keep {
            if let Some(value) = parts.headers.get(&name) {
                told.headers_mut().insert(name, value.clone());
            }
        }
        told.headers_mut()
            .insert(header::CONTENT_TYPE, problem_json);
        told
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (_, _, status) = self.kind.entry();
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(key) = &self.key {
            tell_key(headers, key);
        }
        if self.kind == Kind::UnsupportedMediaType {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::ACCEPT, json);
        }
        describe_timing(headers, &self.attempts, None);
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_rounded_up_to_whole_seconds() {
        let wait = |ms| Problem::unavailable("", Duration::from_millis(ms)).retry_after_s();
        assert_eq!(
            [wait(0), wait(1), wait(1_000), wait(1_001)],
            [1, 1, 1, 2].map(Some)
        );
    }
}
