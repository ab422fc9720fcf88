//! What many routes share, for the API's description: headers that they read and
//! problems that they answer.

#![expect(
    dead_code,
    reason = "only the schemas are used; headers are read, and answers made, elsewhere"
)]

use utoipa::{IntoParams, IntoResponses};

use super::problem::ProblemBody;

/// A change that can be repeated. Its rules are those of [`contract::IdempotencyKey`].
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Repeatable {
    /// Requests with the same key have one effect together. No comma: API Gateway joins the
    /// values of repeated headers with commas.
    #[param(rename = "Idempotency-Key", value_type = String, required = false,
        min_length = 1, max_length = 255, pattern = r"^[!-+\x2d-~]*$")]
    key: (),
}

/// A request on a condition; [`super::preconditions`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Conditional {
    /// Only if the item has one of these `ETag`s, or, with `*`, any. A weak one matches nothing.
    #[param(rename = "If-Match", value_type = String, required = false,
        pattern = r#"^(\*|((W/)?"[!#-~\u0080-\u00ff]*")?([ \t]*,[ \t]*((W/)?"[!#-~\u0080-\u00ff]*")?)*)$"#)]
    expected: (),
    /// Only if the item has none of these `ETag`s, weak or not; with `*`, only if there is none.
    #[param(rename = "If-None-Match", value_type = String, required = false,
        pattern = r#"^(\*|((W/)?"[!#-~\u0080-\u00ff]*")?([ \t]*,[ \t]*((W/)?"[!#-~\u0080-\u00ff]*")?)*)$"#)]
    known: (),
}

/// A parameter in the path, the query or a header is wrong.
#[derive(IntoResponses)]
#[response(
    status = 400,
    description = "The request is not valid; `errors` names the mistakes.",
    content_type = "application/problem+json"
)]
pub(super) struct Mistake(ProblemBody);

/// What the path names does not exist.
#[derive(IntoResponses)]
#[response(
    status = 404,
    description = "What the path names does not exist.",
    content_type = "application/problem+json"
)]
pub(super) struct NotFound(ProblemBody);

/// The caller has not signed in, where that is needed.
#[derive(IntoResponses)]
#[response(
    status = 401,
    description = "The stage has sign-in, and the request bears no valid access token.",
    content_type = "application/problem+json",
    headers(("WWW-Authenticate" = String, description = "`Bearer`."))
)]
pub(super) struct SignInRequired(ProblemBody);

/// The caller has signed in, but is not an operator.
#[derive(IntoResponses)]
#[response(
    status = 403,
    description = "The stage has sign-in, and the caller is not an operator.",
    content_type = "application/problem+json"
)]
pub(super) struct OperatorsOnly(ProblemBody);

/// Faults are not for this caller, or not for this deployment.
#[derive(IntoResponses)]
#[response(
    status = 403,
    description = "The stage has sign-in, and the caller is not an operator; or the deployment \
                   does not allow faults at all.",
    content_type = "application/problem+json"
)]
pub(super) struct FaultsRefused(ProblemBody);

/// What can be wrong with a body.
#[derive(IntoResponses)]
pub(super) enum BodyMistake {
    /// The body is larger than any valid document.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not JSON by its media type, or has a content coding.
    #[response(
        status = 415,
        content_type = "application/problem+json",
        headers(
            ("Accept" = Option<String>, description = "The media type that is supported."),
            ("Accept-Encoding" = Option<String>, description = "The coding that is supported.")
        )
    )]
    Unsupported(ProblemBody),
}

/// The query is longer than any that means something.
#[derive(IntoResponses)]
#[response(
    status = 414,
    description = "The query is longer than any that means something.",
    content_type = "application/problem+json"
)]
pub(super) struct QueryTooLong(ProblemBody);

/// The item is not at the version that the request expects.
#[derive(IntoResponses)]
#[response(
    status = 412,
    description = "A condition of the request does not hold; nothing was changed.",
    content_type = "application/problem+json"
)]
pub(super) struct Outdated(ProblemBody);

/// The key belongs to another request.
#[derive(IntoResponses)]
#[response(
    status = 422,
    description = "The idempotency key was used for another request.",
    content_type = "application/problem+json"
)]
pub(super) struct KeyReused(ProblemBody);

/// The first request with the key has not ended.
#[derive(IntoResponses)]
#[response(
    status = 409,
    description = "The first request with this idempotency key has not ended.",
    content_type = "application/problem+json",
    headers(("Retry-After" = u64, description = "Seconds."))
)]
pub(super) struct StillUnderWay(ProblemBody);

/// The service has no answer; the request can be repeated.
#[derive(IntoResponses)]
pub(super) enum Trouble {
    /// Service temporarily unavailable; the header Retry-After says when to come back, and
    /// `change` what became of a change.
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = u64, description = "Seconds."))
    )]
    Unavailable(ProblemBody),
    /// The request took too long; `change` says what became of a change.
    #[response(status = 504, content_type = "application/problem+json")]
    NoTime(ProblemBody),
}
