//! What a client reads of a problem.

use contract::{Attempt, FieldError};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of a problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, examples(json!({
    "type": "urn:breaker:problem:not-found",
    "title": "Not found",
    "status": 404,
    "detail": "There is no item 0192f0c1-7a3b-7def-8123-456789abcdef.",
    "request_id": "order-17",
})))]
pub(in crate::http) struct ProblemBody {
    /// `urn:breaker:problem:` and the name of the kind.
    pub(super) r#type: String,
    /// What kind of problem this is; the same for all of its kind.
    pub(super) title: &'static str,
    /// The HTTP status.
    pub(super) status: u16,
    /// What was wrong this time, and what is allowed.
    pub(super) detail: String,
    /// Ties this answer to the logs.
    pub(super) request_id: String,
    /// The first 20 mistakes, where there are any to name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<FieldError>,
    /// How many mistakes there are beside those in `errors`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub(super) errors_omitted: Option<usize>,
    /// Every attempt made, in order, where any was made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attempts: Vec<Attempt>,
    /// After how many seconds another attempt may succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_after_s: Option<u64>,
    /// What became of the change that was asked for, if the service could not answer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) change: Option<Change>,
}

/// What is known of a change after a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Change {
    /// This request changed nothing.
    NotMade,
    /// The change may or may not have been made.
    Unknown,
}
