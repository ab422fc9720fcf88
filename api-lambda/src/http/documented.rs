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
    /// Requests with the same key have one effect together.
    #[param(rename = "Idempotency-Key", value_type = String, required = false,
        min_length = 1, max_length = 255, pattern = "^[!-~]*$")]
    key: (),
}

/// A change on a condition; [`super::preconditions`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct IfStill {
    /// Only if the item still has this `ETag`, or, with `*`, any.
    #[param(rename = "If-Match", value_type = String, required = false,
        pattern = r#"^(\*|"[!#-~]*")$"#)]
    expected: (),
}

/// A read on a condition; [`super::preconditions`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct UnlessKnown {
    /// Only if the item has another `ETag` than these.
    #[param(rename = "If-None-Match", value_type = String, required = false,
        pattern = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#)]
    known: (),
}

/// A parameter in the path, the query or a header is wrong.
#[derive(IntoResponses)]
#[response(
    status = 400,
    description = "The request is wrong; errors names every mistake.",
    content_type = "application/problem+json"
)]
pub(super) struct Mistake(ProblemBody);

/// What the path names is not there.
#[derive(IntoResponses)]
#[response(
    status = 404,
    description = "There is no such thing.",
    content_type = "application/problem+json"
)]
pub(super) struct NotFound(ProblemBody);

/// Faults are not for this deployment.
#[derive(IntoResponses)]
#[response(
    status = 403,
    description = "This deployment does not let anybody inject faults.",
    content_type = "application/problem+json"
)]
pub(super) struct FaultsRefused(ProblemBody);

/// What can be wrong with a body.
#[derive(IntoResponses)]
pub(super) enum BodyMistake {
    /// The body is larger than any acceptable document.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not JSON by its type.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
}

/// The item is not as the client believes.
#[derive(IntoResponses)]
#[response(
    status = 412,
    description = "The item has been written since.",
    content_type = "application/problem+json"
)]
pub(super) struct Outdated(ProblemBody);

/// A key says that this is a repetition, but it is not.
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
    description = "The first request with this idempotency key is still under way.",
    content_type = "application/problem+json",
    headers(("Retry-After" = u64, description = "Seconds."))
)]
pub(super) struct StillUnderWay(ProblemBody);

/// Trouble of ours; the request can be repeated.
#[derive(IntoResponses)]
pub(super) enum Trouble {
    /// Something of ours is in trouble; the header Retry-After says when to come back.
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = u64, description = "Seconds."))
    )]
    Unavailable(ProblemBody),
    /// No time was left; a change may or may not have been made.
    #[response(status = 504, content_type = "application/problem+json")]
    NoTime(ProblemBody),
}
