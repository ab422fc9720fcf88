//! Headers that carry meaning: `ETag`, `If-Match`, `Idempotency-Key`, `Age`,
//! `Cache-Status`, `Server-Timing`.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use chrono::{DateTime, Utc};
use contract::{IdempotencyKey, Source, Version};
use uuid::Uuid;

use super::problem::Problem;
use crate::path::{Attempt, Target};

pub(super) static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The version that the client expects, if it says so.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Version>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    match version.and_then(|digits| digits.parse().ok()) {
        Some(version) if version >= 1 => Ok(Some(version)),
        _ => Err(Problem::invalid_parameter(
            "If-Match",
            "must be the ETag of an answer, such as \"3\", or *",
        )),
    }
}

/// The client's idempotency key, or one made for this request.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
    let Some(value) = headers.get(&IDEMPOTENCY_KEY) else {
        return Ok(Uuid::now_v7().into());
    };
    let text = value.to_str().unwrap_or_default();
    text.parse()
        .map_err(|error: contract::IdempotencyKeyError| {
            Problem::invalid_parameter("Idempotency-Key", error.to_string())
        })
}

/// An item's `ETag`.
pub(super) fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Says how old an answer is and which cache it came from (RFC 9111, RFC 9211).
pub(super) fn describe_source(
    headers: &mut HeaderMap,
    source: Source,
    as_of: DateTime<Utc>,
    now: DateTime<Utc>,
) {
    let status = match source {
        Source::Database => "elasticache; fwd=miss",
        Source::Cache => "elasticache; hit",
        Source::Fallback => "elasticache; hit; detail=fallback",
    };
    headers.insert(CACHE_STATUS.clone(), HeaderValue::from_static(status));
    if source != Source::Database {
        let age = (now - as_of).num_seconds().max(0);
        headers.insert(header::AGE, HeaderValue::from(age));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Says where the time went (W3C Server Timing).
pub(super) fn describe_timing(headers: &mut HeaderMap, attempts: &[Attempt], total: Duration) {
    let mut entries: Vec<String> = attempts
        .iter()
        .map(|attempt| {
            let target = match attempt.target {
                Target::Retry => "retry",
                Target::Fallback => "fallback",
            };
            format!("{target};dur={}", attempt.duration_ms)
        })
        .collect();
    entries.push(format!("total;dur={}", total.as_millis()));
    if let Ok(value) = HeaderValue::try_from(entries.join(", ")) {
        headers.insert(SERVER_TIMING.clone(), value);
    }
}
