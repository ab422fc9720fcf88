//! Everything that can go wrong, as `application/problem+json` (RFC 9457).
//!
//! The catalogue is closed: each kind has one `type`, one title and one
//! status. Details say what was wrong and what would be right, and never
//! mention SQL, ARNs or host names.

mod body;
mod kind;
mod mistakes;

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use contract::{Attempt, FaultTarget, FieldError, IdempotencyKey, Version};
use lambda_kit::{clock::as_ms, config::Stage};
use uuid::Uuid;

use self::kind::Kind;
pub(super) use self::{
    body::{Change, ProblemBody},
    mistakes::Mistakes,
};
use super::headers::{IDEMPOTENCY_KEY, SERVER_TIMING, describe_timing, tell_key};
use crate::{
    access::Denied,
    event::{QUERY_MAX_BYTES, Refusal},
};

/// A problem on its way to the client.
///
/// It becomes a response without a body; `request_id::carry` writes the body,
/// because only there the request's id is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    kind: Kind,
    detail: Box<str>,
    mistakes: Mistakes,
    retry_after: Option<Duration>,
    /// The key under which the change can be repeated.
    key: Option<IdempotencyKey>,
    /// What became of the change that was asked for.
    change: Option<Change>,
    /// What was tried before giving up.
    attempts: Vec<Attempt>,
}

impl Problem {
    fn new(kind: Kind, detail: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            mistakes: Mistakes::default(),
            retry_after: None,
            key: None,
            change: None,
            attempts: Vec::new(),
        }
    }

    pub(super) fn malformed_json(error: &serde_json::Error) -> Self {
        let detail = format!("The body must be JSON in UTF-8: {error}.");
        Self::new(Kind::MalformedJson, detail)
    }

    pub(super) fn other_encoding(name: &str) -> Self {
        let detail = format!(
            "The body must be JSON in UTF-8, but it begins with the byte-order mark of {name}."
        );
        Self::new(Kind::MalformedJson, detail)
    }

    pub(super) fn invalid_item(mistakes: Mistakes) -> Self {
        Self::of_mistakes(Kind::InvalidItem, mistakes)
    }

    pub(super) fn invalid_override(mistakes: Mistakes) -> Self {
        Self::of_mistakes(Kind::InvalidOverride, mistakes)
    }

    pub(super) fn invalid_fault(mistakes: Mistakes) -> Self {
        Self::of_mistakes(Kind::InvalidFault, mistakes)
    }

    pub(super) fn invalid_parameters(errors: Vec<FieldError>) -> Self {
        Self::of_mistakes(Kind::InvalidParameter, errors.into_iter().collect())
    }

    fn of_mistakes(kind: Kind, mistakes: Mistakes) -> Self {
        Self {
            detail: mistakes.detail().into(),
            mistakes,
            ..Self::new(kind, "")
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
            format!("No circuit has this name; the circuits are {known}."),
        )
    }

    pub(super) fn fault_target_not_found() -> Self {
        let known = FaultTarget::ALL.map(FaultTarget::as_str).join(", ");
        let detail = format!("Faults do not have this target; the targets are {known}.");
        Self::new(Kind::NotFound, detail)
    }

    pub(super) fn faults_refused(stage: Stage) -> Self {
        let detail = format!(
            "The stage {} does not allow faults; FAULT_INJECTION=allowed would allow them.",
            stage.as_str()
        );
        Self::new(Kind::FaultsRefused, detail)
    }

    pub(super) fn unknown_route(path: &str) -> Self {
        let shown: String = path.chars().take(100).collect();
        let detail = format!("No route has the path {shown}; GET /openapi.json lists every route.");
        Self::new(Kind::UnknownRoute, detail)
    }

    /// A request that no route may see.
    pub(super) fn refused(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Path => {
                let detail = "No route has such a path: each consists of single slashes and of \
                              segments of letters, digits, -, ., _ and ~; GET /openapi.json \
                              lists every route.";
                Self::new(Kind::UnknownRoute, detail)
            }
            Refusal::QueryTooLong => {
                let detail =
                    format!("The query may have at most {QUERY_MAX_BYTES} bytes, encoded.");
                Self::new(Kind::UriTooLong, detail)
            }
            Refusal::Header(name) => {
                let shown: String = name.chars().take(100).collect();
                let message = "cannot be read as a header; its name must be a token, its value \
                               text without control characters";
                Self::invalid_parameter(&shown, message)
            }
            Refusal::Body => Self::invalid_parameter("", "the body must be base64, as it says"),
        }
    }

    /// Something that the caller may not do.
    pub(super) fn denied(denied: Denied) -> Self {
        match denied {
            Denied::NotSignedIn => {
                let detail = "The header Authorization must bear an access token of this stage's \
                              user pool.";
                Self::new(Kind::SignInRequired, detail)
            }
            Denied::NotAnOperator => {
                let detail = "The user must belong to the operators' group of the user pool.";
                Self::new(Kind::OperatorsOnly, detail)
            }
        }
    }

    pub(super) fn method_not_allowed() -> Self {
        let detail = "The header Allow lists the methods that this route has.";
        Self::new(Kind::MethodNotAllowed, detail)
    }

    pub(super) fn version_mismatch(current: Version) -> Self {
        let detail = format!("The item is at version {current} now; read it and decide again.");
        Self::new(Kind::VersionMismatch, detail)
    }

    /// A condition on a resource that has no `ETag`.
    pub(super) fn precondition_failed() -> Self {
        let detail = "This resource has no ETag, so that If-Match holds with * alone, and \
                      If-None-Match with ETags alone. Nothing was changed.";
        Self::new(Kind::PreconditionFailed, detail)
    }

    pub(super) fn payload_too_large(limit: usize) -> Self {
        let detail = format!("The body may have at most {limit} bytes.");
        Self::new(Kind::PayloadTooLarge, detail)
    }

    pub(super) fn unsupported_media_type() -> Self {
        let detail = "The header Content-Type must be application/json.";
        Self::new(Kind::UnsupportedMediaType, detail)
    }

    pub(super) fn unsupported_encoding() -> Self {
        let detail = "The body must not be encoded: leave Content-Encoding out, or say identity.";
        Self::new(Kind::UnsupportedEncoding, detail)
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
        let detail = "This is a defect of the service; the request id helps to find it.";
        Self::new(Kind::Internal, detail)
    }

    pub(super) fn unavailable(detail: impl Into<Box<str>>, retry_after: Duration) -> Self {
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

    /// The same problem, with what became of the change that was asked for.
    pub(super) fn with_change(self, change: Change) -> Self {
        Self {
            change: Some(change),
            ..self
        }
    }

    /// The same problem, with what was tried before giving up.
    pub(super) fn after(self, attempts: Vec<Attempt>) -> Self {
        Self { attempts, ..self }
    }

    /// Whole seconds, rounded up: an earlier attempt would fail.
    fn retry_after_s(&self) -> Option<u64> {
        self.retry_after
            .map(|wait| as_ms(wait).div_ceil(1_000).max(1))
    }

    /// What was wrong this time.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// The body for the client.
    pub(super) fn body(&self, request_id: &str) -> ProblemBody {
        let (name, title, status) = self.kind.entry();
        ProblemBody {
            r#type: format!("urn:breaker:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: self.detail.to_string(),
            request_id: request_id.to_owned(),
            errors: self.mistakes.named.clone(),
            errors_omitted: Some(self.mistakes.more).filter(|more| *more > 0),
            attempts: self.attempts.clone(),
            retry_after_s: self.retry_after_s(),
            change: self.change,
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
            header::WWW_AUTHENTICATE,
            header::ACCEPT_ENCODING,
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
        if self.kind == Kind::SignInRequired {
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if self.kind == Kind::UnsupportedEncoding {
            let identity = HeaderValue::from_static("identity");
            headers.insert(header::ACCEPT_ENCODING, identity);
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
