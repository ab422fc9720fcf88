//! What was counted, and what it proves.
//!
//! Outcomes are added up in slots of time. A slot's key carries the epoch in
//! which it was counted, so counts of an earlier epoch can never be taken for
//! evidence about this one, and there is nothing to reset and nothing to race.
//!
//! # The sequential test
//!
//! A window with a threshold must wait until failures outnumber the successes
//! it still remembers. A CUSUM (E. S. Page, "Continuous Inspection Schemes",
//! 1954) forgets successes as soon as they stop: with p₁ = threshold + margin
//! and p₀ = threshold − margin, each failure adds ln(p₁/p₀), each success adds
//! ln((1−p₁)/(1−p₀)), which is negative, and the sum never falls below zero.
//! The circuit opens when it reaches [`Policy::evidence_bound`]. Within a slot
//! the order of outcomes is unknown, so a slot is added as a whole.
//!
//! # Thin traffic
//!
//! If the whole window holds fewer calls than the test would need even if all
//! had failed, a run of [`Policy::consecutive_failures`] decides instead:
//! failures in slots after the last slot that saw a success.

use std::collections::BTreeMap;

use super::{Cause, Epoch};
use crate::{policy::Policy, time::Timestamp};

/// The number of a slot: time since the Unix epoch over the slot's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

impl Slot {
    /// The slot that `now` falls into.
    pub fn at(now: Timestamp, policy: &Policy) -> Self {
        let length = u64::try_from(policy.slot.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        Self(now.as_unix_ms() / length)
    }

    /// Whether the slot has left the window that ends at `now`.
    pub(crate) fn is_over(self, now: Timestamp, policy: &Policy) -> bool {
        self.0.saturating_add(u64::from(policy.window_slots)) <= Self::at(now, policy).0
    }
}

/// A slot of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotKey {
    /// The epoch that the calls were admitted in.
    pub epoch: Epoch,
    /// When they ended.
    pub slot: Slot,
}

/// How many calls ended, and how many of them failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All calls that were counted.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
}

impl Counts {
    /// Adds other calls to these.
    pub fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failures = self.failures.saturating_add(other.failures);
    }

    /// Failures over calls; `None` without calls.
    pub fn failure_rate(self) -> Option<f64> {
        (self.calls > 0).then(|| as_f64(self.failures) / as_f64(self.calls))
    }

    fn successes(self) -> u64 {
        self.calls.saturating_sub(self.failures)
    }
}

/// Calls counted in one process and not reported to the fleet yet.
pub type Tally = BTreeMap<Slot, Counts>;

/// All counts of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence(pub BTreeMap<SlotKey, Counts>);

impl Evidence {
    /// Adds calls of `epoch`.
    pub fn add(&mut self, epoch: Epoch, tally: &Tally) {
        for (&slot, &counts) in tally {
            self.0
                .entry(SlotKey { epoch, slot })
                .or_default()
                .add(counts);
        }
    }

    /// The counts that matter: this epoch's, inside the window, oldest first.
    fn current(
        &self,
        epoch: Epoch,
        policy: &Policy,
        now: Timestamp,
    ) -> impl DoubleEndedIterator<Item = Counts> {
        self.0
            .iter()
            .filter(move |(key, _)| key.epoch == epoch && !key.slot.is_over(now, policy))
            .map(|(_, counts)| *counts)
    }

    /// The sum over the window.
    pub fn total(&self, epoch: Epoch, policy: &Policy, now: Timestamp) -> Counts {
        let mut total = Counts::default();
        self.current(epoch, policy, now)
            .for_each(|counts| total.add(counts));
        total
    }

    /// The keys that no longer matter and can be removed.
    pub fn stale_keys(&self, epoch: Epoch, policy: &Policy, now: Timestamp) -> Vec<SlotKey> {
        let matters = |key: &SlotKey| key.epoch == epoch && !key.slot.is_over(now, policy);
        self.0.keys().filter(|key| !matters(key)).copied().collect()
    }

    /// Removes what no longer matters.
    pub(crate) fn forget_stale(&mut self, epoch: Epoch, policy: &Policy, now: Timestamp) {
        self.0
            .retain(|key, _| key.epoch == epoch && !key.slot.is_over(now, policy));
    }

    /// Why the circuit must open, if it must.
    pub fn verdict(&self, epoch: Epoch, policy: &Policy, now: Timestamp) -> Option<Cause> {
        let Counts { calls, failures } = self.total(epoch, policy, now);
        if self.cusum(epoch, policy, now) >= policy.evidence_bound {
            return Some(Cause::FailureRate { failures, calls });
        }
        let run = self.failures_since_last_success(epoch, policy, now);
        let thin = as_f64(calls) * weights(policy).failure < policy.evidence_bound;
        (thin && run >= u64::from(policy.consecutive_failures))
            .then_some(Cause::ConsecutiveFailures { failures: run })
    }

    fn cusum(&self, epoch: Epoch, policy: &Policy, now: Timestamp) -> f64 {
        let weight = weights(policy);
        self.current(epoch, policy, now).fold(0.0, |sum, counts| {
            let step = as_f64(counts.failures) * weight.failure
                + as_f64(counts.successes()) * weight.success;
            f64::max(0.0, sum + step)
        })
    }

    fn failures_since_last_success(&self, epoch: Epoch, policy: &Policy, now: Timestamp) -> u64 {
        self.current(epoch, policy, now)
            .rev()
            .take_while(|counts| counts.successes() == 0)
            .map(|counts| counts.failures)
            .sum()
    }
}

/// What one outcome adds to the sum of the sequential test.
struct Weights {
    failure: f64,
    success: f64,
}

fn weights(policy: &Policy) -> Weights {
    let high = policy.failure_rate_threshold + policy.rate_margin;
    let low = policy.failure_rate_threshold - policy.rate_margin;
    Weights {
        failure: (high / low).ln(),
        success: ((1.0 - high) / (1.0 - low)).ln(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one window are far below 2^52"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const EPOCH: Epoch = Epoch(3);

    /// One slot after another, the last one now.
    fn evidence(slots: &[(u64, u64)]) -> (Evidence, Timestamp) {
        let policy = Policy::default();
        let mut now = Timestamp::from_unix_ms(1_000_000_000);
        let mut evidence = Evidence::default();
        for &(calls, failures) in slots {
            now = now + policy.slot;
            let tally = Tally::from([(Slot::at(now, &policy), Counts { calls, failures })]);
            evidence.add(EPOCH, &tally);
        }
        (evidence, now)
    }

    fn verdict(slots: &[(u64, u64)]) -> Option<Cause> {
        let (evidence, now) = evidence(slots);
        evidence.verdict(EPOCH, &Policy::default(), now)
    }

    #[test]
    fn a_total_outage_opens_after_twenty_three_calls_however_healthy_it_was_before() {
        assert_eq!(verdict(&[(10_000, 0), (22, 22)]), None);
        assert_eq!(
            verdict(&[(10_000, 0), (23, 23)]),
            Some(Cause::FailureRate {
                failures: 23,
                calls: 10_023
            }),
        );
    }

    #[test]
    fn a_rate_clearly_below_the_threshold_never_opens() {
        assert_eq!(verdict(&[(1_000, 350); 15]), None);
    }

    #[test]
    fn a_rate_clearly_above_the_threshold_opens() {
        assert!(verdict(&[(60, 36); 3]).is_some());
    }

    #[test]
    fn in_thin_traffic_five_failures_in_a_row_open_and_four_do_not() {
        assert_eq!(verdict(&[(1, 0), (1, 1), (1, 1), (1, 1), (1, 1)]), None);
        assert_eq!(
            verdict(&[(1, 0), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1)]),
            Some(Cause::ConsecutiveFailures { failures: 5 }),
        );
    }

    #[test]
    fn a_success_in_between_breaks_the_run() {
        assert_eq!(verdict(&[(3, 3), (1, 0), (4, 4)]), None);
    }

    #[test]
    fn in_dense_traffic_a_run_of_five_proves_nothing() {
        assert_eq!(verdict(&[(100, 2), (5, 5)]), None);
    }

    #[test]
    fn what_has_left_the_window_no_longer_counts() {
        let (evidence, now) = evidence(&[(50, 50)]);
        let policy = Policy::default();
        assert!(evidence.verdict(EPOCH, &policy, now).is_some());
        let later = now + Duration::from_secs(30);
        assert_eq!(evidence.verdict(EPOCH, &policy, later), None);
        assert_eq!(evidence.stale_keys(EPOCH, &policy, later).len(), 1);
    }

    #[test]
    fn counts_of_another_epoch_are_no_evidence() {
        let (evidence, now) = evidence(&[(50, 50)]);
        assert_eq!(
            evidence.verdict(EPOCH.next(), &Policy::default(), now),
            None
        );
    }
}
