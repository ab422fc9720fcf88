//! When to open, for how long, and how to find the way back.

use std::{fmt, time::Duration};

use crate::protocol::MAX_LEASE_SLOTS;

/// The rules of one circuit. [`Policy::default`] suits most.
///
/// All processes that share a circuit should have the same policy: each
/// decides by its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The failure rate at which the circuit opens: 0.05 to 0.95; 0.5.
    pub failure_rate_threshold: f64,
    /// The rate of slow calls at which the circuit opens: 0.05 to 0.95; 0.5.
    pub slow_rate_threshold: f64,
    /// How long a call may take before it is slow; 3 s.
    pub slow_call_after: Duration,
    /// How far from the threshold a rate must lie to be told apart from it for
    /// certain; 0.1. A rate at the threshold plus this opens the circuit, one
    /// at the threshold minus this does not. Smaller needs more calls.
    pub rate_margin: f64,
    /// How much evidence opens the circuit, as a log-likelihood ratio; 9.2,
    /// about 10,000 to 1. With the default threshold and margin that is 23
    /// failures in a row.
    pub evidence_bound: f64,
    /// How many failures in a row, with no success anywhere in the fleet, open
    /// the circuit when traffic is too thin for a rate; 5.
    pub consecutive_failures: u32,
    /// Failures in a row in one process after which it stops itself though the
    /// fleet is well; 10.
    pub local_failures: u32,
    /// The length of one counting slot; 500 ms.
    pub slot: Duration,
    /// How many slots that hold anything are remembered; 24.
    pub window_slots: u32,
    /// Nothing older counts; 2 min.
    pub window: Duration,
    /// How many calls a second of the whole fleet are evidence; 50.
    pub sampled_calls_per_s: f64,
    /// How many heartbeats a second the whole fleet writes; 0.8.
    pub heartbeats_per_s: f64,
    /// How many reads a second the whole fleet makes in health; 200.
    pub reads_per_s: f64,
    /// How long the circuit stays open the first time; 5 s.
    pub open_for: Duration,
    /// By how much the open time grows with each failed recovery; 2.
    pub open_growth: f64,
    /// The longest open time; 60 s.
    pub open_for_max: Duration,
    /// The part of the open time that is random, so that circuits that opened
    /// together do not come back together; 0.1 is ±10 %.
    pub open_jitter: f64,
    /// The most probes under way at once in the whole fleet, 1 to 8; 2.
    pub max_probes: u32,
    /// How many successful probes close the circuit, pooled over the fleet; 3.
    pub successes_to_close: u32,
    /// How long a probe may take; 10 s.
    pub probe_timeout: Duration,
    /// How long a probe's lease lasts if its owner is never heard of again;
    /// 12 s. Must exceed the probe's time-out by more than twice the clock skew
    /// and twice the store's time-out, which pass between asking for the lease
    /// and the probe's start.
    pub lease_for: Duration,
    /// How long admission takes to grow to everything after closing; 5 s.
    pub ramp_for: Duration,
    /// The share of calls that is admitted first; 0.1.
    pub ramp_from: f64,
    /// How far a machine's clock may be off; 500 ms.
    pub clock_skew: Duration,
    /// How old the known state may grow before it is refreshed alongside a
    /// call; 1 s.
    pub refresh_after: Duration,
    /// How old the known state may grow before a call waits for news, within
    /// [`Policy::store_timeout`]; 30 s.
    pub max_stale: Duration,
    /// How long one operation of the store may take; 250 ms.
    pub store_timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            failure_rate_threshold: 0.5,
            slow_rate_threshold: 0.5,
            slow_call_after: Duration::from_secs(3),
            rate_margin: 0.1,
            evidence_bound: 9.2,
            consecutive_failures: 5,
            local_failures: 10,
            slot: Duration::from_millis(500),
            window_slots: 24,
            window: Duration::from_mins(2),
            sampled_calls_per_s: 50.0,
            heartbeats_per_s: 0.8,
            reads_per_s: 200.0,
            open_for: Duration::from_secs(5),
            open_growth: 2.0,
            open_for_max: Duration::from_mins(1),
            open_jitter: 0.1,
            max_probes: 2,
            successes_to_close: 3,
            probe_timeout: Duration::from_secs(10),
            lease_for: Duration::from_secs(12),
            ramp_for: Duration::from_secs(5),
            ramp_from: 0.1,
            clock_skew: Duration::from_millis(500),
            refresh_after: Duration::from_secs(6),
            max_stale: Duration::from_mins(2),
            store_timeout: Duration::from_millis(250),
        }
    }
}

/// Everything that is wrong with a [`Policy`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError(pub Vec<String>);

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unusable policy: {}", self.0.join("; "))
    }
}

impl Policy {
    /// Checks that the rules make sense together.
    ///
    /// # Errors
    ///
    /// Names every mistake, with what would be right.
    pub fn check(&self) -> Result<(), PolicyError> {
        let mut mistakes = Vec::new();
        let mut must = |holds: bool, rule: &str| {
            if !holds {
                mistakes.push(rule.to_owned());
            }
        };
        let within = |value: f64, low: f64, high: f64| (low..=high).contains(&value);
        must(
            within(self.failure_rate_threshold, 0.05, 0.95),
            "failure_rate_threshold must be 0.05 to 0.95",
        );
        must(
            self.rate_margin > 0.0
                && self.failure_rate_threshold - self.rate_margin > 0.0
                && self.failure_rate_threshold + self.rate_margin < 1.0,
            "rate_margin must be above 0 and keep threshold ± margin between 0 and 1",
        );
        must(
            within(self.evidence_bound, 1.0, 100.0),
            "evidence_bound must be 1 to 100",
        );
        must(
            self.consecutive_failures >= 3,
            "consecutive_failures must be at least 3",
        );
        must(
            self.slot >= Duration::from_millis(100),
            "slot must be at least 100 ms",
        );
        must(
            (2..=30).contains(&self.window_slots),
            "window_slots must be 2 to 30",
        );
        must(
            self.open_for >= Duration::from_millis(100),
            "open_for must be at least 100 ms",
        );
        must(
            self.open_for_max >= self.open_for,
            "open_for_max must not be below open_for",
        );
        must(
            within(self.open_growth, 1.0, 10.0),
            "open_growth must be 1 to 10",
        );
        must(
            within(self.open_jitter, 0.0, 0.5),
            "open_jitter must be 0 to 0.5",
        );
        must(
            (1..=u32::from(MAX_LEASE_SLOTS)).contains(&self.max_probes),
            "max_probes must be 1 to 8",
        );
        must(
            (1..=100).contains(&self.successes_to_close),
            "successes_to_close must be 1 to 100",
        );
        must(
            !self.probe_timeout.is_zero(),
            "probe_timeout must be above 0",
        );
        must(
            self.lease_for
                > self
                    .probe_timeout
                    .saturating_add(self.clock_skew.saturating_mul(2))
                    .saturating_add(self.store_timeout.saturating_mul(2)),
            "lease_for must exceed probe_timeout by more than twice clock_skew and twice \
             store_timeout",
        );
        must(
            self.max_stale >= self.refresh_after,
            "max_stale must not be below refresh_after",
        );
        must(
            !self.store_timeout.is_zero(),
            "store_timeout must be above 0",
        );
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(PolicyError(mistakes))
        }
    }

    /// How long the circuit stays open after `reopens` failed recoveries.
    ///
    /// `open_for · open_growth^reopens`, at most `open_for_max`, spread by
    /// ±`open_jitter`; `draw` is a uniform number from 0 to 1.
    pub(crate) fn open_time(&self, reopens: u32, draw: f64) -> Duration {
        let growth = self
            .open_growth
            .powi(i32::try_from(reopens).unwrap_or(i32::MAX));
        let longest = self.open_for_max.as_secs_f64();
        let grown = (self.open_for.as_secs_f64() * growth).min(longest);
        Duration::from_secs_f64(grown * (1.0 + self.open_jitter * (2.0 * draw - 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policy_is_usable() {
        assert_eq!(Policy::default().check(), Ok(()));
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let policy = Policy {
            failure_rate_threshold: f64::NAN,
            max_probes: 9,
            lease_for: Duration::from_secs(11),
            ..Policy::default()
        };
        let message = policy.check().unwrap_err().to_string();
        for field in ["failure_rate_threshold", "max_probes", "lease_for"] {
            assert!(message.contains(field), "{field} is missing in: {message}");
        }
    }

    #[test]
    fn open_time_grows_up_to_its_bound() {
        let policy = Policy {
            open_jitter: 0.0,
            ..Policy::default()
        };
        let seconds: Vec<u64> = [0, 1, 2, 3, 4, 4_000_000_000]
            .map(|n| policy.open_time(n, 0.5).as_secs())
            .into();
        assert_eq!(seconds, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn jitter_spreads_the_open_time_both_ways() {
        let policy = Policy::default();
        assert_eq!(policy.open_time(0, 0.0), Duration::from_millis(4_500));
        assert_eq!(policy.open_time(0, 1.0), Duration::from_millis(5_500));
    }
}
