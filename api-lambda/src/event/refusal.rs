//! Requests that no route may see.

/// Why a request cannot be routed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The path is not written the one way that paths of this API are.
    Path,
    /// The query is longer than [`QUERY_MAX_BYTES`](super::QUERY_MAX_BYTES).
    QueryTooLong,
    /// The header of this name has a name or a value that HTTP does not allow. Leaving it
    /// out could turn a conditional change into an unconditional one.
    Header(String),
    /// The body is said to be base64, and is not.
    Body,
}

impl Refusal {
    /// The part of the request that is wrong, without anything that the client wrote.
    pub const fn part(&self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::QueryTooLong => "query",
            Self::Header(_) => "header",
            Self::Body => "body",
        }
    }
}
