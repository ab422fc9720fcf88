//! An operator's override as it comes in.

use std::time::Duration;

use breaker_core::{Override, OverrideMode, Timestamp};
use contract::FieldError;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::description::OverrideModeName;
use crate::{access::Caller, http::mistakes::Mistakes};

const REASON_MAX_CHARS: usize = 200;
const DISPLAY_NAME_MAX_CHARS: usize = 100;
/// A day: an override that is needed longer is a change of the policy.
const EXPIRES_MAX_S: u32 = 24 * 60 * 60;

/// What an override does, why and for how long. The token says who places it.
// Read by `parse`, which names every mistake; that serde could read it too is for the
// description, which says by it that other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(examples(json!({
    "mode": "force_open", "reason": "the database is being moved", "display_name": "Ada", "expires_in_s": 600
})))]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OverrideRequest {
    /// What it does.
    #[schema(value_type = OverrideModeName)]
    mode: OverrideMode,
    /// Why; ends up in the audit trail. At least one character is visible.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]"
    )]
    reason: String,
    /// A name to show in the audit trail beside the user that the token stands for; without
    /// sign-in it is all that the trail says. At least one character is visible.
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 100,
        pattern = r"[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]"
    )]
    display_name: Option<String>,
    /// After how many seconds it ends by itself; at most a day.
    #[schema(minimum = 1, maximum = 86400)]
    expires_in_s: u32,
}

impl OverrideRequest {
    /// Checks a JSON document and names every mistake in it.
    pub(super) fn parse(document: &Value) -> Result<Self, Vec<FieldError>> {
        let known = ["mode", "reason", "display_name", "expires_in_s"];
        let mut mistakes = Mistakes::begin(document, &known);
        let mode = mistakes.word("mode", "force_open, force_closed or shadow");
        let reason = mistakes.text("reason", REASON_MAX_CHARS);
        let display_name = document
            .get("display_name")
            .and_then(|_| mistakes.text("display_name", DISPLAY_NAME_MAX_CHARS));
        let expires_in_s = mistakes.whole_number("expires_in_s", EXPIRES_MAX_S);
        mistakes.finish(|| {
            Some(Self {
                mode: mode?,
                reason: reason?,
                display_name,
                expires_in_s: expires_in_s?,
            })
        })
    }

    pub(super) fn into_override(self, caller: &Caller, now: Timestamp) -> Override {
        let Self {
            mode,
            reason,
            display_name,
            expires_in_s,
        } = self;
        Override {
            mode,
            reason,
            actor: caller.actor(display_name.as_deref()),
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
        let document = json!({
            "mode": "ajar", "reason": " ", "display_name": "", "expires_in_s": 86_401, "actor": "ada",
        });
        let errors = OverrideRequest::parse(&document).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected = ["mode", "reason", "display_name", "expires_in_s", "actor"];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_mode_is_a_word_and_nothing_else() {
        for mode in [
            json!({"force_open": null}),
            json!(["shadow"]),
            json!("Shadow"),
            json!(0),
        ] {
            let document = json!({"mode": mode, "reason": "trial", "expires_in_s": 60});
            let errors = OverrideRequest::parse(&document).unwrap_err();
            assert_eq!(
                errors[0].message,
                "must be force_open, force_closed or shadow"
            );
        }
    }

    #[test]
    fn an_override_expires() {
        let document = json!({"mode": "shadow", "reason": "trial", "expires_in_s": 60});
        let placed = OverrideRequest::parse(&document).unwrap();
        let placed = placed.into_override(&Caller::Anonymous, Timestamp::from_unix_ms(1_000));
        assert_eq!(placed.actor, "anonymous");
        assert_eq!(placed.expires, Timestamp::from_unix_ms(61_000));
    }
}
