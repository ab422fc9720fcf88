//! An operator's order as it comes in.

use std::time::Duration;

use breaker_core::{Override, OverrideMode, Timestamp};
use contract::FieldError;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::description::OverrideModeName;
use crate::http::mistakes::Mistakes;

const REASON_MAX_CHARS: usize = 200;
const ACTOR_MAX_CHARS: usize = 100;
/// A day: an order that is needed longer is a change of the policy.
const EXPIRES_MAX_S: u32 = 24 * 60 * 60;

/// What is ordered, why, by whom and for how long.
// Read by `parse`, which names every mistake; that serde could read it too is for the
// description, which says by it that other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OrderRequest {
    /// What is ordered.
    #[schema(value_type = OverrideModeName)]
    mode: OverrideMode,
    /// Why; ends up in the audit trail.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    reason: String,
    /// By whom.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    actor: String,
    /// After how many seconds it ends by itself; at most a day.
    #[schema(minimum = 1, maximum = 86400)]
    expires_in_s: u32,
}

impl OrderRequest {
    /// Checks a JSON document and names every mistake in it.
    pub(super) fn parse(document: &Value) -> Result<Self, Vec<FieldError>> {
        let known = ["mode", "reason", "actor", "expires_in_s"];
        let mut mistakes = Mistakes::begin(document, &known);
        let mode = OverrideMode::deserialize(&document["mode"]).ok();
        if mode.is_none() {
            mistakes.note("mode", "must be force_open, force_closed or shadow");
        }
        let reason = mistakes.text("reason", REASON_MAX_CHARS);
        let actor = mistakes.text("actor", ACTOR_MAX_CHARS);
        let expires_in_s = mistakes.whole_number("expires_in_s", EXPIRES_MAX_S);
        mistakes.finish(|| {
            Some(Self {
                mode: mode?,
                reason: reason?,
                actor: actor?,
                expires_in_s: expires_in_s?,
            })
        })
    }

    pub(super) fn into_override(self, now: Timestamp) -> Override {
        let Self {
            mode,
            reason,
            actor,
            expires_in_s,
        } = self;
        Override {
            mode,
            reason,
            actor,
            expires: now + Duration::from_secs(expires_in_s.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_mistake_is_reported_at_once() {
        let document = json!({"mode": "ajar", "reason": " ", "expires_in_s": 86_401, "why": 1});
        let errors = OrderRequest::parse(&document).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["why", "mode", "reason", "actor", "expires_in_s"]);
    }

    #[test]
    fn an_order_expires() {
        let document =
            json!({"mode": "shadow", "reason": "trial", "actor": "ada", "expires_in_s": 60});
        let order = OrderRequest::parse(&document).unwrap();
        let order = order.into_override(Timestamp::from_unix_ms(1_000));
        assert_eq!(order.expires, Timestamp::from_unix_ms(61_000));
    }
}
