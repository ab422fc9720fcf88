//! The catalogue of problems.

use axum::http::StatusCode;

/// The kinds of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    SignInRequired,
    OperatorsOnly,
    FaultsRefused,
    MalformedJson,
    InvalidItem,
    InvalidOverride,
    InvalidFault,
    InvalidParameter,
    NotFound,
    UnknownRoute,
    MethodNotAllowed,
    VersionMismatch,
    PreconditionFailed,
    PayloadTooLarge,
    UriTooLong,
    UnsupportedMediaType,
    UnsupportedEncoding,
    IdempotencyKeyReused,
    StillUnderWay,
    Internal,
    ServiceUnavailable,
    DeadlineExceeded,
}

impl Kind {
    /// Its `type`, its title and its status.
    pub(super) const fn entry(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Self::SignInRequired => (
                "sign-in-required",
                "Sign-in required",
                StatusCode::UNAUTHORIZED,
            ),
            Self::OperatorsOnly => ("operators-only", "Operators only", StatusCode::FORBIDDEN),
            Self::FaultsRefused => (
                "faults-refused",
                "Fault injection is not allowed",
                StatusCode::FORBIDDEN,
            ),
            Self::MalformedJson => (
                "malformed-json",
                "The body is not JSON",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidItem => (
                "invalid-item",
                "The item is not valid",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidOverride => (
                "invalid-override",
                "The override is not valid",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidFault => (
                "invalid-fault",
                "The fault is not valid",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidParameter => (
                "invalid-parameter",
                "A parameter or header is not valid",
                StatusCode::BAD_REQUEST,
            ),
            Self::NotFound => ("not-found", "Not found", StatusCode::NOT_FOUND),
            Self::UnknownRoute => ("unknown-route", "Unknown route", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                "The route does not have this method",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            Self::VersionMismatch => (
                "version-mismatch",
                "The item has another version",
                StatusCode::PRECONDITION_FAILED,
            ),
            Self::PreconditionFailed => (
                "precondition-failed",
                "A condition of the request does not hold",
                StatusCode::PRECONDITION_FAILED,
            ),
            Self::PayloadTooLarge => (
                "payload-too-large",
                "The body is too large",
                StatusCode::PAYLOAD_TOO_LARGE,
            ),
            Self::UriTooLong => (
                "uri-too-long",
                "The query is too long",
                StatusCode::URI_TOO_LONG,
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                "The media type of the body is not supported",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::UnsupportedEncoding => (
                "unsupported-content-encoding",
                "The content coding of the body is not supported",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::IdempotencyKeyReused => (
                "idempotency-key-reused",
                "The idempotency key was used for another request",
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            Self::StillUnderWay => (
                "still-under-way",
                "The first request with this idempotency key has not ended",
                StatusCode::CONFLICT,
            ),
            Self::Internal => (
                "internal",
                "Internal error",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
            Self::ServiceUnavailable => (
                "service-unavailable",
                "Service temporarily unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
            ),
            Self::DeadlineExceeded => (
                "deadline-exceeded",
                "The request took too long",
                StatusCode::GATEWAY_TIMEOUT,
            ),
        }
    }
}
