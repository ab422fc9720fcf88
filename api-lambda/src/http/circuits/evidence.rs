//! What a circuit has counted, as clients see it.

use std::collections::BTreeMap;

use breaker_core::{Policy, Record, Timestamp, protocol::Counts};
use chrono::{DateTime, Utc};
use lambda_kit::{clock::as_ms, guard::date};
use serde::Serialize;
use utoipa::ToSchema;

/// The fleet's calls over the window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(in crate::http) struct EvidenceDescription {
    /// The window's length in seconds.
    window_s: u64,
    /// Calls that ended in it and were counted: failures at once, successes
    /// with the next heartbeat, in large fleets a sample of both.
    #[schema(minimum = 0)]
    calls: u64,
    /// Those of them that failed.
    #[schema(minimum = 0)]
    failures: u64,
    /// Those of them that were too slow.
    #[schema(minimum = 0)]
    slow: u64,
    /// Failures over calls; null without calls.
    #[schema(required, minimum = 0, maximum = 1)]
    failure_rate: Option<f64>,
    /// The failure rate at which the circuit opens.
    threshold: f64,
    /// How much speaks for an outage: the circuit opens at 1.
    #[schema(minimum = 0)]
    suspicion: f64,
    /// Calls a second that the whole fleet has told of lately; null before it has.
    #[schema(required, minimum = 0)]
    calls_per_s: Option<f64>,
    /// The same counts by when the calls ended, oldest first, also those from
    /// before the last transition. Slots without calls are left out.
    slots: Vec<SlotDescription>,
}

/// The fleet's calls that ended in one slot of time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EvidenceSlot)]
pub(in crate::http) struct SlotDescription {
    /// When the slot began; the policy says how long it is.
    at: DateTime<Utc>,
    /// Calls that were counted in it.
    #[schema(minimum = 0)]
    calls: u64,
    /// Those of them that failed.
    #[schema(minimum = 0)]
    failures: u64,
    /// Those of them that were too slow.
    #[schema(minimum = 0)]
    slow: u64,
}

impl EvidenceDescription {
    pub(super) fn new(record: &Record, policy: &Policy, now: Timestamp) -> Self {
        let total = record.evidence.total(record.epoch, policy, now);
        Self {
            window_s: policy.window.as_secs(),
            calls: total.calls,
            failures: total.failures,
            slow: total.slow,
            failure_rate: total.failure_rate(),
            threshold: policy.failure_rate_threshold,
            suspicion: record.suspicion(policy, now),
            calls_per_s: record
                .traffic
                .fleet_size(now)
                .map(|size| size.recent_calls_per_s),
            slots: SlotDescription::all(record, policy, now),
        }
    }
}

impl SlotDescription {
    fn all(record: &Record, policy: &Policy, now: Timestamp) -> Vec<Self> {
        let mut slots = BTreeMap::<u64, Counts>::new();
        for (key, counts) in &record.evidence.0 {
            slots.entry(key.slot.0).or_default().add(*counts);
        }
        let at = |slot: u64| Timestamp::from_unix_ms(slot.saturating_mul(as_ms(policy.slot)));
        slots
            .into_iter()
            .filter(|(slot, _)| now.since(at(*slot)) < policy.window)
            .map(|(slot, counts)| Self {
                at: date(at(slot)),
                calls: counts.calls,
                failures: counts.failures,
                slow: counts.slow,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use breaker_core::{
        Epoch,
        protocol::{Slot, SlotKey},
    };

    use super::*;

    #[test]
    fn what_was_counted_is_told_by_when_it_ended_across_transitions() {
        let policy = Policy::default();
        let now = Timestamp::from_unix_ms(1_000_000);
        let newest = Slot::at(now, &policy).0;
        let counts = |calls, failures| Counts {
            calls,
            failures,
            slow: 0,
        };
        let key = |epoch, slot| SlotKey {
            epoch: Epoch(epoch),
            slot: Slot(slot),
        };
        let mut record = Record::default();
        record.evidence.0 = BTreeMap::from([
            (key(1, newest - 1), counts(3, 3)),
            (key(2, newest - 1), counts(2, 0)),
            (key(2, newest), counts(1, 1)),
            // Nobody has removed it yet, but it counts no longer.
            (key(1, 1), counts(9, 9)),
        ]);
        let told: Vec<_> = SlotDescription::all(&record, &policy, now)
            .into_iter()
            .map(|slot| (slot.at.timestamp_millis(), slot.calls, slot.failures))
            .collect();
        let slot_ms = i64::try_from(as_ms(policy.slot)).unwrap();
        let begins = i64::try_from(newest).unwrap() * slot_ms;
        assert_eq!(told, [(begins - slot_ms, 5, 3), (begins, 1, 1)]);
    }
}
