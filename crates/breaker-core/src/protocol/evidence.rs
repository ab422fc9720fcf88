//! What was counted.
//!
//! Outcomes are added up in slots of time. A slot's key carries the epoch in
//! which it was counted, so counts of an earlier epoch can never be taken for
//! evidence about this one, and there is nothing to reset and nothing to race.

use std::{collections::BTreeMap, time::Duration};

use super::{Epoch, Record};
use crate::{policy::Policy, time::Timestamp};

/// The number of a slot: time since the Unix epoch over the slot's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

impl Slot {
    /// The slot that `now` falls into.
    pub fn at(now: Timestamp, policy: &Policy) -> Self {
        Self(now.as_unix_ms() / length_ms(policy))
    }

    /// The newest slot that a process whose clock is right can have counted in
    /// by `now`: clocks may be off both ways.
    fn newest(now: Timestamp, policy: &Policy) -> Self {
        Self::at(now + policy.clock_skew.saturating_mul(2), policy)
    }

    /// Whether the slot has left the window that ends at `now`.
    pub(crate) fn is_over(self, now: Timestamp, policy: &Policy, window: Duration) -> bool {
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let slots = window / length_ms(policy);
        self.0.saturating_add(slots) <= Self::at(now, policy).0
    }
}

pub(super) fn length_ms(policy: &Policy) -> u64 {
    u64::try_from(policy.slot.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

/// A slot of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotKey {
    /// The epoch that the calls were admitted in.
    pub epoch: Epoch,
    /// When they ended.
    pub slot: Slot,
}

/// How many calls ended, and how many of them badly.
///
/// A *witness* is a process that knows that its circuit is suspected, and tells
/// of its calls whatever becomes of them. All others tell of trouble alone, so
/// what they tell says nothing about a rate: it is counted by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// All calls that witnesses tell of.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Those of them that were too slow.
    pub slow: u64,
    /// Those of them that failed and were too slow.
    pub both: u64,
    /// Calls that failed or were too slow, told by others than witnesses.
    pub alarms: u64,
}

impl Counts {
    /// One call that succeeded in time.
    pub const SUCCESS: Self = Self {
        calls: 1,
        failures: 0,
        slow: 0,
        both: 0,
        alarms: 0,
    };

    /// One call that took too long, whatever came of it.
    pub const SLOW: Self = Self {
        calls: 1,
        failures: 0,
        slow: 1,
        both: 0,
        alarms: 0,
    };

    /// A call that failed or was too slow, as told by others than witnesses.
    pub const ALARM: Self = Self {
        calls: 0,
        failures: 0,
        slow: 0,
        both: 0,
        alarms: 1,
    };

    /// Adds other calls to these.
    pub fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failures = self.failures.saturating_add(other.failures);
        self.slow = self.slow.saturating_add(other.slow);
        self.both = self.both.saturating_add(other.both);
        self.alarms = self.alarms.saturating_add(other.alarms);
    }

    /// What is left if only those calls count that `keep` keeps, each asked
    /// about once.
    #[must_use]
    pub(crate) fn thinned(self, mut keep: impl FnMut() -> bool) -> Self {
        let mut kept = |calls: u64| (0..calls).filter(|_| keep()).count() as u64;
        let failed = kept(self.failures.saturating_sub(self.both));
        let slow = kept(self.slow.saturating_sub(self.both));
        let both = kept(self.both);
        let well = kept(self.calls.saturating_sub(self.bad()));
        Self {
            calls: failed + slow + both + well,
            failures: failed + both,
            slow: slow + both,
            both,
            alarms: kept(self.alarms),
        }
    }

    /// Failures over calls; `None` without calls.
    pub fn failure_rate(self) -> Option<f64> {
        share(self.failures, self.calls)
    }

    /// Slow calls over calls; `None` without calls.
    pub fn slow_rate(self) -> Option<f64> {
        share(self.slow, self.calls)
    }

    /// Whether any call failed or was slow.
    pub fn tells_of_trouble(self) -> bool {
        self.failures > 0 || self.slow > 0 || self.alarms > 0
    }

    /// Calls that failed or were slow, as witnesses tell; one that was both
    /// counts once.
    pub fn bad(self) -> u64 {
        let either = self.failures.saturating_add(self.slow);
        either.saturating_sub(self.both).min(self.calls)
    }

    /// Whether any call surely was a success in time.
    pub(super) fn has_success(self) -> bool {
        self.calls > self.bad()
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| as_f64(part) / as_f64(whole))
}

/// Calls counted in one process and not reported to the fleet yet.
pub type Tally = BTreeMap<Slot, Counts>;

/// All counts of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
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

    /// The counts that matter, newest first: this epoch's, inside the window,
    /// not from the future, and no more slots than [`Policy::window_slots`].
    pub(super) fn newest_first(
        &self,
        epoch: Epoch,
        policy: &Policy,
        window: Duration,
        now: Timestamp,
    ) -> impl Iterator<Item = (Slot, Counts)> {
        let newest = SlotKey {
            epoch,
            slot: Slot::newest(now, policy),
        };
        let oldest = SlotKey {
            epoch,
            slot: Slot(0),
        };
        self.0
            .range(oldest..=newest)
            .rev()
            .take(usize::try_from(policy.window_slots).unwrap_or(usize::MAX))
            .take_while(move |(key, _)| !key.slot.is_over(now, policy, window))
            .map(|(key, &counts)| (key.slot, counts))
    }

    /// The sum over the window.
    pub fn total(&self, epoch: Epoch, policy: &Policy, now: Timestamp) -> Counts {
        let mut total = Counts::default();
        self.newest_first(epoch, policy, policy.window, now)
            .for_each(|(_, counts)| total.add(counts));
        total
    }

    /// The keys that no longer matter and can be removed.
    fn stale_keys(
        &self,
        epoch: Epoch,
        policy: &Policy,
        window: Duration,
        now: Timestamp,
    ) -> Vec<SlotKey> {
        let oldest = self.newest_first(epoch, policy, window, now).last();
        // What seems to lie ahead may be this process's clock that is wrong.
        let oldest = oldest.map_or(Slot::newest(now, policy), |(oldest, _)| oldest);
        let matters = |key: &SlotKey| key.epoch == epoch && oldest <= key.slot;
        self.0.keys().filter(|key| !matters(key)).copied().collect()
    }
}

impl Record {
    /// The sum of the counts that matter at `now`.
    pub fn counted(&self, policy: &Policy, now: Timestamp) -> Counts {
        let window = self.window(policy, now);
        let mut total = Counts::default();
        self.evidence
            .newest_first(self.epoch, policy, window, now)
            .for_each(|(_, counts)| total.add(counts));
        total
    }

    /// The counts that no longer matter and can be removed.
    pub fn stale_evidence(&self, policy: &Policy, now: Timestamp) -> Vec<SlotKey> {
        let window = self.window(policy, now);
        self.evidence.stale_keys(self.epoch, policy, window, now)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one window are far below 2^52"
)]
pub(super) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
