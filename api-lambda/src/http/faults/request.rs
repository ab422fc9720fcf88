//! What somebody asks for, as it comes in.

use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::{Fault, FaultKind, FaultRate, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::mistakes::Mistakes;

/// A quarter of an hour: nobody leaves a fault behind for longer.
const EXPIRES_MAX_S: u32 = 15 * 60;
/// As long as API Gateway waits for an answer.
const LATENCY_MAX_MS: u32 = 30_000;

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultKind)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum FaultKindName {
    /// The operation fails at once.
    Error,
    /// It takes longer.
    Latency,
    /// It never ends by itself.
    Hang,
    /// It is done, and its answer is lost; a function dies with it.
    Crash,
}

impl From<FaultKind> for FaultKindName {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Error => Self::Error,
            FaultKind::Latency { .. } => Self::Latency,
            FaultKind::Hang => Self::Hang,
            FaultKind::Crash => Self::Crash,
        }
    }
}

/// A fault, how often it strikes and for how long.
// Read by `parse`, which names every mistake; that serde could read it too is for the
// description, which says by it that other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(examples(json!({"kind": "latency", "latency_ms": 250, "rate": 0.5, "expires_in_s": 60})))]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct FaultRequest {
    /// What it does.
    #[schema(value_type = FaultKindName)]
    kind: FaultKind,
    /// The share of operations that it strikes; all if left out.
    #[schema(value_type = Option<f64>, nullable = false, exclusive_minimum = 0, maximum = 1)]
    rate: FaultRate,
    /// By how many milliseconds it delays; with the kind latency, and only there.
    #[schema(nullable = false, minimum = 1, maximum = 30000)]
    #[expect(dead_code, reason = "describes the document; the kind holds it")]
    latency_ms: Option<u32>,
    /// After how many seconds it ends by itself; at most 15 minutes.
    #[schema(minimum = 1, maximum = 900)]
    expires_in_s: u32,
}

impl FaultRequest {
    /// Checks a JSON document and names every mistake in it.
    pub(super) fn parse(document: &Value) -> Result<Self, Vec<FieldError>> {
        let known = ["kind", "rate", "latency_ms", "expires_in_s"];
        let mut mistakes = Mistakes::begin(document, &known);
        let kind = match mistakes.word("kind", "error, latency, hang or crash") {
            Some(FaultKindName::Error) => Some(FaultKind::Error),
            Some(FaultKindName::Hang) => Some(FaultKind::Hang),
            Some(FaultKindName::Crash) => Some(FaultKind::Crash),
            Some(FaultKindName::Latency) => mistakes
                .whole_number("latency_ms", LATENCY_MAX_MS)
                .map(|latency_ms| FaultKind::Latency { latency_ms }),
            None => None,
        };
        let latency_ms = match kind {
            Some(FaultKind::Latency { latency_ms }) => Some(latency_ms),
            Some(_) if document.get("latency_ms").is_some() => {
                mistakes.note("latency_ms", "goes with the kind latency only");
                None
            }
            _ => None,
        };
        let rate = match document.get("rate") {
            None => Some(FaultRate::ALWAYS),
            Some(rate) => rate.as_f64().and_then(|rate| rate.try_into().ok()),
        };
        if rate.is_none() {
            mistakes.note("rate", "must be a number above 0 and at most 1");
        }
        let expires_in_s = mistakes.whole_number("expires_in_s", EXPIRES_MAX_S);
        mistakes.finish(|| {
            Some(Self {
                kind: kind?,
                rate: rate?,
                latency_ms,
                expires_in_s: expires_in_s?,
            })
        })
    }

    pub(super) fn into_fault(self, now: DateTime<Utc>) -> Fault {
        Fault {
            kind: self.kind,
            rate: self.rate,
            expires: now + Duration::from_secs(self.expires_in_s.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields_refused(document: &Value) -> Vec<String> {
        let errors = FaultRequest::parse(document).unwrap_err();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let document = json!({"kind": "fire", "rate": 0, "expires_in_s": 901, "for": "fun"});
        let fields = ["kind", "rate", "expires_in_s", "for"];
        assert_eq!(fields_refused(&document), fields);
        assert_eq!(fields_refused(&json!([])), ["", "kind", "expires_in_s"]);
    }

    #[test]
    fn a_kind_is_a_word_and_nothing_else() {
        for kind in [
            json!({"hang": null}),
            json!(["hang"]),
            json!("HANG"),
            json!(null),
        ] {
            let document = json!({"kind": kind, "expires_in_s": 1});
            assert_eq!(fields_refused(&document), ["kind"], "{kind}");
        }
    }

    #[test]
    fn a_delay_goes_with_latency_and_with_nothing_else() {
        for (document, refused) in [
            (json!({"kind": "latency", "expires_in_s": 1}), "latency_ms"),
            (
                json!({"kind": "latency", "latency_ms": 30_001, "expires_in_s": 1}),
                "latency_ms",
            ),
            (
                json!({"kind": "hang", "latency_ms": 1, "expires_in_s": 1}),
                "latency_ms",
            ),
        ] {
            assert_eq!(fields_refused(&document), [refused], "{document}");
        }
    }

    #[test]
    fn a_fault_strikes_always_unless_told_otherwise_and_expires() {
        let document = json!({"kind": "latency", "latency_ms": 30_000, "expires_in_s": 900});
        let fault = FaultRequest::parse(&document).unwrap();
        let fault = fault.into_fault(DateTime::UNIX_EPOCH);
        assert_eq!(fault.kind, FaultKind::Latency { latency_ms: 30_000 });
        assert_eq!(fault.rate, FaultRate::ALWAYS);
        assert_eq!(fault.expires.timestamp(), 900);
    }
}
