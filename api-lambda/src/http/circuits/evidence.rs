//! What a circuit has counted, as clients see it.

use std::collections::BTreeMap;

use breaker_core::{Policy, Record, Timestamp, protocol::Counts};
use chrono::{DateTime, Utc};
use lambda_kit::{circuit::date, clock::as_ms};
use serde::Serialize;
use utoipa::ToSchema;

/// The fleet's calls over the window.
///
/// While all is well, calls that failed or were slow are counted as alarms and the others not at
/// all. While the circuit is suspected, processes that know of it, the witnesses, tell of every
/// call that is sampled, whatever its outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(in crate::http) struct EvidenceDescription {
    /// The window's length in seconds; longer where traffic is thin.
    window_s: u64,
    /// Calls that ended in it, told by witnesses.
    #[schema(minimum = 0)]
    calls: u64,
    /// Those of them that failed.
    #[schema(minimum = 0)]
    failures: u64,
    /// Those of them that were too slow.
    #[schema(minimum = 0)]
    slow: u64,
    /// Those of them that failed, were too slow or both.
    #[schema(minimum = 0)]
    failed_or_slow: u64,
    /// Calls that failed or were too slow, told by others than witnesses. They raise a suspicion
    /// and are no part of `calls`.
    #[schema(minimum = 0)]
    alarms: u64,
    /// Failures over calls; null without calls.
    #[schema(required, minimum = 0, maximum = 1)]
    failure_rate: Option<f64>,
    /// The failure rate at which the circuit opens.
    threshold: f64,
    /// How much speaks for an outage: at 1 the circuit opens, if the suspicion has lasted.
    #[schema(minimum = 0)]
    suspicion: f64,
    /// Calls a second of the whole fleet, by its heartbeats; null before the first.
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
    /// Calls that witnesses told of.
    #[schema(minimum = 0)]
    calls: u64,
    /// Those of them that failed.
    #[schema(minimum = 0)]
    failures: u64,
    /// Those of them that were too slow.
    #[schema(minimum = 0)]
    slow: u64,
    /// Calls that failed or were too slow, told by others than witnesses.
    #[schema(minimum = 0)]
    alarms: u64,
}

impl EvidenceDescription {
    pub(super) fn new(record: &Record, policy: &Policy, now: Timestamp) -> Self {
        let total = record.counted(policy, now);
        Self {
            window_s: record.window(policy, now).as_secs(),
            calls: total.calls,
            failures: total.failures,
            slow: total.slow,
            failed_or_slow: total.bad(),
            alarms: total.alarms,
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
        let window = record.window(policy, now);
        let at = |slot: u64| Timestamp::from_unix_ms(slot.saturating_mul(as_ms(policy.slot)));
        slots
            .into_iter()
            .filter(|(slot, _)| now.since(at(*slot)) < window)
            .map(|(slot, counts)| Self {
                at: date(at(slot)),
                calls: counts.calls,
                failures: counts.failures,
                slow: counts.slow,
                alarms: counts.alarms,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use breaker_core::{
        Epoch,
        protocol::{Heartbeats, Slot, SlotKey, TrafficSlot},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_ms(10_000_000);

    /// Traffic that is not thin, so that the policy's window holds.
    fn busy() -> Record {
        let mut record = Record::default();
        let heartbeats = Heartbeats {
            arrivals: 1_000,
            contacts: 1,
            lifetime_ms: 20_000,
            refused: 0,
        };
        record.traffic.add(TrafficSlot::at(NOW), heartbeats);
        record
    }

    fn key(epoch: u64, slot: u64) -> SlotKey {
        SlotKey {
            epoch: Epoch(epoch),
            slot: Slot(slot),
        }
    }

    #[test]
    fn what_was_counted_is_told_by_when_it_ended_across_transitions() {
        let policy = Policy::default();
        let newest = Slot::at(NOW, &policy).0;
        let counts = |calls, failures, alarms| Counts {
            calls,
            failures,
            alarms,
            ..Counts::default()
        };
        let mut record = busy();
        record.evidence.0 = BTreeMap::from([
            (key(1, newest - 1), counts(3, 3, 4)),
            (key(2, newest - 1), counts(2, 0, 0)),
            (key(2, newest), counts(1, 1, 2)),
            // Nobody has removed it yet, but it counts no longer.
            (key(1, 1), counts(9, 9, 9)),
        ]);
        let told: Vec<_> = SlotDescription::all(&record, &policy, NOW)
            .into_iter()
            .map(|slot| {
                let at = slot.at.timestamp_millis();
                (at, slot.calls, slot.failures, slot.alarms)
            })
            .collect();
        let slot_ms = i64::try_from(as_ms(policy.slot)).unwrap();
        let begins = i64::try_from(newest).unwrap() * slot_ms;
        assert_eq!(told, [(begins - slot_ms, 5, 3, 4), (begins, 1, 1, 2)]);
    }

    #[test]
    fn alarms_are_told_apart_from_what_witnesses_tell() {
        let policy = Policy::default();
        let newest = Slot::at(NOW, &policy).0;
        let mut record = busy();
        let counts = Counts {
            calls: 10,
            failures: 4,
            slow: 3,
            both: 2,
            alarms: 7,
        };
        record.evidence.0 = BTreeMap::from([(key(0, newest), counts)]);
        let told = EvidenceDescription::new(&record, &policy, NOW);
        assert_eq!((told.calls, told.failures, told.slow), (10, 4, 3));
        assert_eq!((told.failed_or_slow, told.alarms), (5, 7));
        assert_eq!(told.failure_rate, Some(0.4));
    }

    #[test]
    fn where_traffic_is_thin_an_hour_is_told_and_else_the_policys_window() {
        let policy = Policy::default();
        let minutes_ago = |minutes: u64| {
            let at = NOW.as_unix_ms() - minutes * 60_000;
            Slot::at(Timestamp::from_unix_ms(at), &policy).0
        };
        let mut thin = Record::default();
        thin.evidence.0 = BTreeMap::from([(key(0, minutes_ago(30)), Counts::ALARM)]);
        let told = EvidenceDescription::new(&thin, &policy, NOW);
        assert_eq!((told.window_s, told.alarms), (3_600, 1));
        assert_eq!(told.slots.len(), 1);
        thin.traffic = busy().traffic;
        let told = EvidenceDescription::new(&thin, &policy, NOW);
        assert_eq!((told.window_s, told.alarms), (120, 0));
        assert!(told.slots.is_empty());
    }
}
