//! Reports add up, and are never lost to one another.

use std::time::Duration;

use super::{Circuit, Suite, assert_same, report};
use crate::{
    policy::Policy,
    protocol::{
        Cause, Change, Counts, Epoch, Heartbeats, OnBehalf, Phase, Record, Report, SlotKey,
        Suspicion, Tally, TrafficSlot,
    },
    store::{Consistency, StateStore, StoreError},
};

pub(super) async fn hold(suite: &Suite<'_, impl StateStore>) {
    an_unknown_circuit_is_closed_at_epoch_zero(&suite.circuit("unknown")).await;
    counts_add_up(&suite.circuit("counts")).await;
    every_kind_of_call_is_counted_by_itself(&suite.circuit("kinds")).await;
    a_suspicion_is_raised_once_and_cleared(&suite.circuit("suspicion")).await;
    a_suspicion_ends_with_its_epoch(&suite.circuit("suspicion-epoch")).await;
    heartbeats_add_up(&suite.circuit("heartbeats")).await;
    a_report_of_nothing_changes_nothing(&suite.circuit("nothing")).await;
    reports_that_meet_all_count(&suite.circuit("crowd")).await;
    what_is_stale_is_dropped_on_request(&suite.circuit("stale")).await;
    what_is_reported_just_now_is_not_stale(&suite.circuit("fresh")).await;
    a_report_of_a_long_silence_is_taken_whole(&suite.circuit("silence")).await;
}

const HEARTBEATS: Heartbeats = Heartbeats {
    arrivals: 40,
    contacts: 7,
    lifetime_ms: 12_345,
    refused: 11,
};

async fn an_unknown_circuit_is_closed_at_epoch_zero(circuit: &Circuit<'_, impl StateStore>) {
    for consistency in [Consistency::Eventual, Consistency::Strong] {
        let found = circuit.store.load(&circuit.name, consistency).await;
        assert_eq!(found, Ok(Record::default()));
    }
    assert_eq!(circuit.events(0, 10).await, Vec::new());
}

async fn counts_add_up(circuit: &Circuit<'_, impl StateStore>) {
    let fresh = Record::default();
    circuit.make(&fresh, &report(circuit.calls(10, 0))).await;
    // The basis may be older in everything but the epoch.
    let record = circuit.make(&fresh, &report(circuit.calls(3, 2))).await;
    let expected = Counts {
        calls: 13,
        failures: 2,
        ..Counts::default()
    };
    assert_eq!(circuit.total(&record), expected);
    assert_eq!(circuit.load().await, record);
}

async fn every_kind_of_call_is_counted_by_itself(circuit: &Circuit<'_, impl StateStore>) {
    let counts = Counts {
        calls: 9,
        failures: 5,
        slow: 4,
        both: 3,
        alarms: 2,
    };
    let change = report([(circuit.slot(), counts)].into());
    circuit.make(&Record::default(), &change).await;
    let record = circuit.make(&Record::default(), &change).await;
    let expected = Counts {
        calls: 18,
        failures: 10,
        slow: 8,
        both: 6,
        alarms: 4,
    };
    assert_eq!(circuit.total(&record), expected);
    assert_eq!(circuit.load().await, record);
    // Alarms come without a call that a witness told of.
    let alarm = report([(circuit.slot(), Counts::ALARM)].into());
    let record = circuit.make(&Record::default(), &alarm).await;
    let expected = Counts {
        alarms: 5,
        ..expected
    };
    assert_eq!(circuit.total(&record), expected);
    assert_eq!(circuit.load().await, record);
}

fn suspicion(suspicion: Suspicion, tally: Tally) -> Change {
    Change::Report(Report {
        tally,
        suspicion: Some(suspicion),
        ..Report::default()
    })
}

async fn a_suspicion_is_raised_once_and_cleared(circuit: &Circuit<'_, impl StateStore>) {
    let fresh = Record::default();
    let raised = |seconds| {
        let at = circuit.start + Duration::from_secs(seconds);
        suspicion(Suspicion::Raised(at), circuit.calls(1, 1))
    };
    let record = circuit.make(&fresh, &raised(3)).await;
    let at = circuit.start + Duration::from_secs(3);
    assert_eq!(record.suspected(), Some(at));
    assert_eq!(circuit.load().await, record);
    // Others find the same, by views that are older: the first time stands.
    for seconds in [1, 9] {
        let record = circuit.make(&fresh, &raised(seconds)).await;
        assert_eq!(record.suspected(), Some(at));
    }
    // A report that says nothing of it leaves it as it is.
    let record = circuit.make(&fresh, &report(circuit.calls(1, 0))).await;
    assert_eq!(record.suspected(), Some(at));
    for _ in 0..2 {
        let cleared = suspicion(Suspicion::Cleared, circuit.calls(1, 0));
        let record = circuit.make(&fresh, &cleared).await;
        assert_eq!(record.suspected(), None);
        assert_eq!(circuit.load().await, record);
    }
    let record = circuit.make(&fresh, &raised(9)).await;
    let later = circuit.start + Duration::from_secs(9);
    assert_eq!(record.suspected(), Some(later), "it can be raised anew");
    assert_eq!(circuit.total(&record).calls, 7, "what came along counts");
    assert_eq!(record.epoch, Epoch(0));
}

async fn a_suspicion_ends_with_its_epoch(circuit: &Circuit<'_, impl StateStore>) {
    let fresh = Record::default();
    let raised = suspicion(Suspicion::Raised(circuit.start), Tally::default());
    let suspected = circuit.make(&fresh, &raised).await;
    assert_eq!(suspected.suspected(), Some(circuit.start));
    let opened = circuit.make(&suspected, &circuit.open()).await;
    assert_same(&circuit.load().await, &opened);
    // One that comes too late has no effect.
    let met = circuit.lose(circuit.start, &suspected, &raised).await;
    assert_same(&met, &opened);
    let closing = Change::Transition {
        to: Phase::closed(circuit.start),
        cause: Cause::ProbesSucceeded {
            successes: 3,
            failures: 0,
        },
        on_behalf: OnBehalf::Fleet,
    };
    let closed = circuit.make(&opened, &closing).await;
    assert_eq!(closed.suspected(), None);
    assert_same(&circuit.load().await, &closed);
}

async fn heartbeats_add_up(circuit: &Circuit<'_, impl StateStore>) {
    let slot = TrafficSlot::at(circuit.start);
    let told = |slot, heartbeats| {
        Change::Report(Report {
            tally: circuit.calls(1, 0),
            heartbeats: Some((slot, heartbeats)),
            ..Report::default()
        })
    };
    let fresh = Record::default();
    let later = TrafficSlot(slot.0 + 1);
    let at_a_failure = Heartbeats {
        arrivals: 1,
        ..Heartbeats::default()
    };
    circuit.make(&fresh, &told(slot, HEARTBEATS)).await;
    circuit.make(&fresh, &told(slot, HEARTBEATS)).await;
    let record = circuit.make(&fresh, &told(later, at_a_failure)).await;
    let mut twice = HEARTBEATS;
    twice.add(HEARTBEATS);
    let expected = [(slot, twice), (later, at_a_failure)];
    assert_eq!(record.traffic.0, expected.into());
    assert_eq!(circuit.total(&record).calls, 3);
    assert_eq!(circuit.load().await, record);
}

async fn a_report_of_nothing_changes_nothing(circuit: &Circuit<'_, impl StateStore>) {
    let nothing = Change::Report(Report::default());
    let untouched = circuit.make(&Record::default(), &nothing).await;
    assert_eq!(untouched, Record::default());
    let opened = circuit.make(&untouched, &circuit.open()).await;
    assert_same(&circuit.make(&opened, &nothing).await, &opened);
}

async fn reports_that_meet_all_count(circuit: &Circuit<'_, impl StateStore>) {
    let fresh = Record::default();
    let one = report(circuit.calls(1, 1));
    let tell = || circuit.apply(&fresh, &one);
    let told = tokio::join!(tell(), tell(), tell(), tell(), tell(), tell());
    let told = [told.0, told.1, told.2, told.3, told.4, told.5];
    let refused = |result: &&Result<Record, StoreError>| match result {
        Ok(_) => false,
        Err(StoreError::Contended) => true,
        Err(error) => panic!("a report that meets another failed: {error}"),
    };
    let lost = told.iter().filter(refused).count();
    let record = circuit.load().await;
    let calls = usize::try_from(circuit.total(&record).calls).unwrap();
    assert_eq!(calls, told.len() - lost, "{told:?}");
}

async fn what_is_stale_is_dropped_on_request(circuit: &Circuit<'_, impl StateStore>) {
    let old = TrafficSlot::at(circuit.start);
    let full = Counts {
        calls: 2,
        failures: 1,
        slow: 1,
        both: 1,
        alarms: 3,
    };
    let first = Change::Report(Report {
        tally: [(circuit.slot(), full)].into(),
        heartbeats: Some((old, HEARTBEATS)),
        ..Report::default()
    });
    let before = circuit.make(&Record::default(), &first).await;
    let second = Change::Report(Report {
        heartbeats: Some((TrafficSlot(old.0 + 9), HEARTBEATS)),
        stale: before.evidence.0.keys().copied().collect(),
        stale_traffic: vec![old],
        ..Report::default()
    });
    let after = circuit.make(&before, &second).await;
    assert!(after.evidence.0.is_empty(), "{after:?}");
    let left = [(TrafficSlot(old.0 + 9), HEARTBEATS)];
    assert_eq!(after.traffic.0, left.into());
    assert_eq!(circuit.load().await, after);
}

async fn what_is_reported_just_now_is_not_stale(circuit: &Circuit<'_, impl StateStore>) {
    let slot = TrafficSlot::at(circuit.start);
    let tell = |tally, stale, stale_traffic| {
        Change::Report(Report {
            tally,
            heartbeats: Some((slot, HEARTBEATS)),
            stale,
            stale_traffic,
            suspicion: None,
        })
    };
    let first = tell(circuit.calls(2, 2), Vec::new(), Vec::new());
    let before = circuit.make(&Record::default(), &first).await;
    let stale: Vec<SlotKey> = before.evidence.0.keys().copied().collect();
    let second = tell(circuit.calls(3, 0), stale, vec![slot]);
    let after = circuit.make(&before, &second).await;
    let total = circuit.total(&after);
    assert_eq!((total.calls, total.failures), (5, 2));
    assert_eq!(after.traffic.0[&slot].arrivals, 80);
    assert_eq!(after.traffic.0[&slot].refused, 22);
}

/// A process comes back after a long time, to a record that is full of what is
/// stale, and has much to tell itself.
async fn a_report_of_a_long_silence_is_taken_whole(circuit: &Circuit<'_, impl StateStore>) {
    let policy = Policy {
        window_slots: 50,
        ..Policy::default()
    };
    let full = Counts {
        calls: 1_000_000,
        failures: 1_000_000,
        slow: 1_000_000,
        both: 1_000_000,
        alarms: 0,
    };
    let mut record = Record::default();
    let mut now = circuit.start;
    for _ in 0..150 {
        let told = TrafficSlot::at(now);
        let change = Change::Report(Report {
            tally: [(crate::protocol::Slot::at(now, &policy), full)].into(),
            heartbeats: Some((told, HEARTBEATS)),
            ..Report::default()
        });
        record = circuit.make_at(now, &record, &change).await;
        now = now + policy.slot;
    }
    now = now + Duration::from_mins(5);
    let mut all = Report {
        stale: record.stale_evidence(&policy, now),
        stale_traffic: record.traffic.stale_slots(now),
        heartbeats: Some((TrafficSlot::at(now), HEARTBEATS)),
        ..Report::default()
    };
    // No traffic is known any more, so the newest slots count for an hour.
    assert!(all.stale.len() >= 100 && all.stale_traffic.len() >= 4);
    for _ in 0..policy.window_slots {
        now = now + policy.slot;
        all.tally
            .insert(crate::protocol::Slot::at(now, &policy), full);
    }
    let expected = all.tally.clone();
    let after = circuit.make_at(now, &record, &Change::Report(all)).await;
    let told = |slot| SlotKey {
        epoch: Epoch(0),
        slot,
    };
    for (slot, counts) in expected {
        assert_eq!(after.evidence.0.get(&told(slot)), Some(&counts));
    }
    assert!(
        after.evidence.0.len() < record.evidence.0.len() + 50,
        "nothing that is stale was dropped"
    );
}
