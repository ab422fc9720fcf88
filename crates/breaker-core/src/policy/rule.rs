//! Rules that no field can keep by itself.

use std::time::Duration;

use super::Policy;

/// A rule between fields; [`Policy::RULES`] has them all.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What must hold, in the names that files use.
    pub text: &'static str,
    /// The fields that it is about, by those names.
    pub keys: &'static [&'static str],
    pub(super) holds: fn(&Policy) -> bool,
}

impl Policy {
    /// Every rule between fields.
    pub const RULES: &'static [Rule] = &[
        Rule {
            text: "failure_rate_threshold ± rate_margin must lie between 0 and 1",
            keys: &["failure_rate_threshold", "rate_margin"],
            holds: |policy| is_inside(policy.failure_rate_threshold, policy.rate_margin),
        },
        Rule {
            text: "slow_rate_threshold ± rate_margin must lie between 0 and 1",
            keys: &["slow_rate_threshold", "rate_margin"],
            holds: |policy| is_inside(policy.slow_rate_threshold, policy.rate_margin),
        },
        Rule {
            text: "local_failures must not be below consecutive_failures",
            keys: &["local_failures", "consecutive_failures"],
            holds: |policy| policy.local_failures >= policy.consecutive_failures,
        },
        Rule {
            text: "window_ms must be at least 10 × slot_ms",
            keys: &["window_ms", "slot_ms"],
            holds: |policy| policy.window >= policy.slot.saturating_mul(10),
        },
        Rule {
            text: "open_for_max_ms must not be below open_for_ms",
            keys: &["open_for_max_ms", "open_for_ms"],
            holds: |policy| policy.open_for_max >= policy.open_for,
        },
        Rule {
            text: "lease_for_ms must exceed probe_timeout_ms + 2 × clock_skew_ms \
                   + 2 × store_timeout_ms",
            keys: &[
                "lease_for_ms",
                "probe_timeout_ms",
                "clock_skew_ms",
                "store_timeout_ms",
            ],
            holds: |policy| policy.lease_for > longest_hold(policy),
        },
        Rule {
            text: "max_stale_ms must not be below refresh_after_ms",
            keys: &["max_stale_ms", "refresh_after_ms"],
            holds: |policy| policy.max_stale >= policy.refresh_after,
        },
    ];
}

/// The logarithms of the sequential test need both rates strictly inside.
fn is_inside(threshold: f64, margin: f64) -> bool {
    threshold - margin > 0.0 && threshold + margin < 1.0
}

/// How long a probe can need its lease, by the clock of whoever looks at it.
fn longest_hold(policy: &Policy) -> Duration {
    let twice = |duration: Duration| duration.saturating_mul(2);
    policy
        .probe_timeout
        .saturating_add(twice(policy.clock_skew))
        .saturating_add(twice(policy.store_timeout))
}
