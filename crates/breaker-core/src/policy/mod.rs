//! When to open, for how long, and how to find the way back.
//!
//! Every field is declared once, in `fields.rs`: its documentation, its
//! default, its range and its unit. The struct, [`Policy::default`],
//! [`Policy::FIELDS`], the checks, the reading of files and `docs/policy.md`
//! all come from that declaration, so they cannot tell different stories.
//!
//! Durations are whole milliseconds in files, under names that end in `_ms`. A
//! field that a file leaves out keeps its default.

mod check;
mod declare;
mod error;
mod field;
mod fields;
#[cfg(feature = "json")]
mod json;
mod read;
mod rule;
#[cfg(feature = "toml")]
mod toml;
mod value;

use std::time::Duration;

pub use self::{
    error::{Mistake, PolicyError},
    field::{Field, Unit},
    fields::Policy,
    rule::Rule,
    value::FieldValue,
};

impl Policy {
    /// How old a process of a fleet of so many lets its news grow while all is
    /// well, before it is spread by up to a fifth: `refresh_after`, or longer
    /// so that the fleet makes at most `reads_per_s` reads a second.
    pub(crate) fn refresh_interval(&self, processes: f64) -> Duration {
        Duration::try_from_secs_f64(processes / self.reads_per_s)
            .unwrap_or(self.max_stale)
            .clamp(self.refresh_after, self.max_stale)
    }

    /// For no longer than this does a process go without news, whatever the size
    /// of its fleet.
    pub(crate) fn longest_quiet(&self) -> Duration {
        self.max_stale.mul_f64(1.2)
    }

    /// After so long every process that makes calls has heard the news.
    pub(crate) fn longest_refresh(&self, processes: f64) -> Duration {
        self.refresh_interval(processes).mul_f64(1.2) + self.store_timeout
    }

    /// After so many failures in a row a process that fails alone stops itself.
    ///
    /// [`local_failures`](Self::local_failures), but never fewer than prove an
    /// outage of the whole fleet, `evidence_bound / ln(p₁/p₀)`: in a fleet of
    /// few processes each would stop itself before the circuit opens, and
    /// nobody would find out that it was an outage.
    pub(crate) fn local_trip_threshold(&self) -> f64 {
        f64::from(self.local_failures).max(self.failures_that_open())
    }

    /// So many failures in a row prove an outage: `evidence_bound / ln(p₁/p₀)`.
    pub(crate) fn failures_that_open(&self) -> f64 {
        let prove = |threshold: f64| {
            let (low, high) = (threshold - self.rate_margin, threshold + self.rate_margin);
            self.evidence_bound / (high / low).ln()
        };
        prove(self.failure_rate_threshold).max(prove(self.slow_rate_threshold))
    }

    /// No open time is longer, whatever the draw and whatever the dependency
    /// asks for.
    pub(crate) fn longest_open_time(&self) -> Duration {
        self.open_for_max.mul_f64(1.0 + self.open_jitter)
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
        let spread = grown * (1.0 + self.open_jitter * (2.0 * draw - 1.0));
        // Only a policy that was never checked can give what is no duration.
        Duration::try_from_secs_f64(spread).unwrap_or(self.open_for_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::MAX_LEASES;

    #[test]
    fn every_probe_that_is_allowed_has_a_place_in_the_record() {
        let is_it = |field: &&Field| field.name == "max_probes";
        let field = Policy::FIELDS.iter().find(is_it).unwrap();
        assert_eq!(field.high, FieldValue::Integer(MAX_LEASES.into()));
    }

    #[test]
    fn open_time_grows_up_to_its_bound() {
        let policy = Policy {
            open_for: Duration::from_secs(5),
            open_growth: 2.0,
            open_jitter: 0.0,
            ..Policy::default()
        };
        let seconds: Vec<u64> = [0, 1, 2, 3, 4, 4_000_000_000]
            .map(|n| policy.open_time(n, 0.5).as_secs())
            .into();
        assert_eq!(seconds, [5, 10, 20, 40, 60, 60]);
    }

    /// An open circuit costs two probes at once at most: to look often is cheap.
    #[test]
    fn by_default_an_open_circuit_is_probed_once_a_second_however_long_it_is_open() {
        let policy = Policy::default();
        for reopens in [0, 1, 2, 10, 3_600, u32::MAX] {
            assert_eq!(policy.open_time(reopens, 0.5), Duration::from_secs(1));
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "whole numbers")]
    fn no_process_stops_itself_on_less_than_proves_an_outage() {
        let needed = |local_failures, rate_margin| {
            let policy = Policy {
                rate_margin,
                local_failures,
                ..Policy::default()
            };
            policy.local_trip_threshold().ceil()
        };
        assert_eq!(needed(30, 0.1), 30.0);
        assert_eq!(needed(3, 0.1), 28.0);
        assert_eq!(needed(30, 0.05), 55.0);
    }

    #[test]
    fn jitter_spreads_the_open_time_both_ways() {
        let policy = Policy::default();
        assert_eq!(policy.open_time(0, 0.0), Duration::from_millis(900));
        assert_eq!(policy.open_time(0, 1.0), Duration::from_millis(1_100));
    }

    #[test]
    fn a_policy_that_was_never_checked_has_an_open_time_too() {
        let policy = Policy {
            open_jitter: f64::NAN,
            ..Policy::default()
        };
        assert_eq!(policy.open_time(0, 0.5), policy.open_for_max);
    }
}
