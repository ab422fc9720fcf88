//! Request bodies: bounded, JSON, and nothing else.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, header},
};
use serde_json::Value;

use super::problem::Problem;

/// The largest item has some 20 KB even if every character is escaped.
const MAX_BYTES: usize = 64 * 1_024;

/// Reads a JSON document.
pub(super) async fn json(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    if !is_json(headers) {
        return Err(Problem::unsupported_media_type());
    }
    let bytes = to_bytes(body, MAX_BYTES)
        .await
        .map_err(|_| Problem::payload_too_large(MAX_BYTES))?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::malformed_json(&error))
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
