//! Headers that carry meaning: `Idempotency-Key`, `Age`, `Cache-Status`,
//! `Server-Timing`, `Link`.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use chrono::{DateTime, Utc};
use contract::{
    Attempt, Cursor, FieldError, IdempotencyKey, IdempotencyKeyError, PageLimit, Source, Target,
};
use uuid::Uuid;

pub(super) static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
pub(super) static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// What an answer is to, as far as the cache is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The cache is looked at first.
    Item,
    /// The cache keeps pages for the fallback alone.
    Page,
    /// Its method makes it go past the cache.
    Write,
}

/// The client's idempotency key, or one made for this request.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Vec<FieldError>> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let (first, second) = (values.next(), values.next());
    let key = match (first, second) {
        (None, _) => return Ok(Uuid::now_v7().into()),
        (Some(key), None) => key.to_str().unwrap_or_default().parse(),
        (Some(_), Some(_)) => Err(IdempotencyKeyError),
    };
    key.map_err(|error| {
        vec![FieldError {
            field: "Idempotency-Key".to_owned(),
            message: error.to_string(),
        }]
    })
}

/// Tells the key under which a change can be repeated.
pub(super) fn tell_key(headers: &mut HeaderMap, key: &IdempotencyKey) {
    if let Ok(value) = HeaderValue::from_str(key.as_str()) {
        headers.insert(IDEMPOTENCY_KEY.clone(), value);
    }
}

/// Says where the next page is (RFC 8288).
pub(super) fn link_next(headers: &mut HeaderMap, limit: PageLimit, cursor: Cursor) {
    let link = format!(
        "</items?limit={}&cursor={cursor}>; rel=\"next\"",
        limit.get()
    );
    if let Ok(value) = HeaderValue::try_from(link) {
        headers.insert(header::LINK, value);
    }
}

/// Says how old an answer is and which cache it came from (RFC 9111, RFC 9211).
pub(super) fn describe_source(
    headers: &mut HeaderMap,
    source: Source,
    of: Asked,
    as_of: DateTime<Utc>,
    now: DateTime<Utc>,
) {
    let status = match (source, of) {
        (Source::Database, Asked::Item) => "elasticache; fwd=miss",
        (Source::Database, Asked::Page) => "elasticache; fwd=bypass",
        (Source::Database, Asked::Write) => "elasticache; fwd=method",
        (Source::Cache, _) => "elasticache; hit",
        (Source::Fallback, _) => "elasticache; fwd=stale; detail=stale-if-error",
    };
    headers.insert(CACHE_STATUS.clone(), HeaderValue::from_static(status));
    if source != Source::Database {
        let age = (now - as_of).num_seconds().max(0);
        headers.insert(header::AGE, HeaderValue::from(age));
    }
}

/// Says where the time went (W3C Server Timing).
pub(super) fn describe_timing(
    headers: &mut HeaderMap,
    attempts: &[Attempt],
    total: Option<Duration>,
) {
    let mut entries: Vec<String> = attempts.iter().flat_map(timings).collect();
    entries.extend(total.map(|total| format!("total;dur={}", total.as_millis())));
    if entries.is_empty() {
        return;
    }
    if let Ok(value) = HeaderValue::try_from(entries.join(", ")) {
        headers.insert(SERVER_TIMING.clone(), value);
    }
}

/// An attempt, and what it was made of.
fn timings(attempt: &Attempt) -> Vec<String> {
    let target = match attempt.target {
        Target::Retry => "retry",
        Target::Fallback => "fallback",
        Target::Database => "database",
        Target::Cache => "cache",
    };
    let mut entries = vec![format!("{target};dur={}", attempt.duration_ms)];
    entries.extend(attempt.attempts.iter().flat_map(timings));
    entries
}
