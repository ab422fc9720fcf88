use std::time::Duration;

use breaker_core::{
    Cause, Change,
    protocol::{Heartbeats, OnBehalf, TrafficSlot},
};

use super::*;

const SECRET: &str = "customer 4711 is moving";
const NOW: Timestamp = Timestamp::from_unix_ms(1_000_000);

fn placed() -> Change {
    Change::PlaceOverride(Override {
        mode: OverrideMode::ForceOpen,
        reason: SECRET.to_owned(),
        actor: "7d8f (ada)".to_owned(),
        expires: NOW + Duration::from_mins(1),
    })
}

fn after(record: &Record, change: &Change) -> (Record, TransitionEvent) {
    let event = record.event_of(change, NOW).unwrap();
    (record.apply(record.epoch, change, NOW).unwrap(), event)
}

#[test]
fn what_an_operator_has_written_is_told_to_operators_alone() {
    let (overridden, placed) = after(&Record::default(), &placed());
    let withdrawal = Change::WithdrawOverride {
        actor: "7d8f".to_owned(),
    };
    let (_, withdrawn) = after(&overridden, &withdrawal);
    for audience in [Audience::Public, Audience::Operators] {
        let told = audience == Audience::Operators;
        let active = overridden.active_override(NOW).unwrap();
        let active = OverrideDescription::new(active, audience);
        assert_eq!(active.reason.is_some() && active.actor.is_some(), told);
        assert_eq!(cause(&overridden, audience).is_some(), told);
        for event in [&placed, &withdrawn] {
            let event = CircuitEvent::new(event.clone(), audience);
            assert_eq!(event.reason.is_some() && event.actor.is_some(), told);
            assert!(told || event.reason.is_none() && event.actor.is_none());
        }
    }
}

#[test]
fn what_the_rules_did_is_told_to_all_even_beneath_an_override() {
    let (overridden, _) = after(&Record::default(), &placed());
    let opened = Change::Transition {
        to: Phase::Open {
            since: NOW,
            opened: NOW,
            until: NOW + Duration::from_secs(1),
            reopens: 0,
            doubt: 0,
        },
        cause: Cause::ProbeFailed,
        on_behalf: OnBehalf::Fleet,
    };
    let (opened, event) = after(&overridden, &opened);
    let event = CircuitEvent::new(event, Audience::Public);
    assert_eq!(event.actor.as_deref(), Some("breaker"));
    assert_eq!(event.reason, cause(&opened, Audience::Public));
    assert!(event.reason.is_some());
}

#[test]
fn an_override_by_somebody_who_is_called_breaker_is_still_an_operators() {
    let mut placed = placed();
    if let Change::PlaceOverride(placed) = &mut placed {
        placed.actor = "breaker".to_owned();
    }
    let (_, event) = after(&Record::default(), &placed);
    let event = CircuitEvent::new(event, Audience::Public);
    assert_eq!((event.reason, event.actor), (None, None));
}

fn described(record: Record) -> Circuit {
    let snapshot = Snapshot { record, now: NOW };
    Circuit::describe("retry", &Policy::default(), &snapshot, Audience::Public)
}

fn in_phase(phase: Phase) -> Circuit {
    described(Record {
        epoch: Epoch(3),
        phase,
        ..Record::default()
    })
}

const fn earlier(seconds: u64) -> Timestamp {
    Timestamp::from_unix_ms(NOW.as_unix_ms() - seconds * 1_000)
}

#[test]
fn when_it_opened_is_told_through_all_attempts_to_recover_and_not_once_it_is_closed() {
    let (opened, since) = (earlier(90), earlier(1));
    let open = in_phase(Phase::Open {
        since,
        opened,
        until: NOW,
        reopens: 40,
        doubt: 0,
    });
    let half_open = in_phase(half_open(0, 0, 0));
    let closed = in_phase(Phase::Closed {
        since,
        opened,
        doubt: 0,
        suspected: None,
    });
    assert_eq!(open.opened_at, Some(date(opened)));
    assert_eq!(open.since, Some(date(since)));
    assert_eq!(half_open.opened_at, Some(date(opened)));
    assert_eq!(closed.opened_at, None);
    // The ramp lasts no longer than the circuit was open.
    let ramps = |opened| {
        in_phase(Phase::Closed {
            since,
            opened,
            doubt: 0,
            suspected: None,
        })
        .ramp_ends_at
    };
    assert_eq!(
        ramps(opened),
        Some(date(since + Policy::default().ramp_for))
    );
    assert_eq!(
        ramps(earlier(3)),
        Some(date(since + Duration::from_secs(2)))
    );
    assert_eq!(ramps(since), None);
}

#[test]
fn since_when_it_is_suspected_is_told() {
    let suspected = |suspected| {
        in_phase(Phase::Closed {
            since: earlier(90),
            opened: earlier(90),
            doubt: 0,
            suspected,
        })
    };
    let told = suspected(Some(earlier(2))).suspected_since;
    assert_eq!(told, Some(date(earlier(2))));
    assert_eq!(suspected(None).suspected_since, None);
}

#[test]
fn calls_that_the_fleet_refuses_are_told_by_the_second_as_soon_as_there_is_traffic() {
    let mut record = Record::default();
    assert_eq!(described(record.clone()).refused_per_second, None);
    let heartbeats = Heartbeats {
        arrivals: 0,
        contacts: 1,
        lifetime_ms: 10_000,
        refused: 500,
    };
    record.traffic.add(TrafficSlot::at(earlier(10)), heartbeats);
    let told = described(record).refused_per_second;
    // The slot began 20 s before `NOW`.
    assert_eq!(told, Some(25.0));
}

fn half_open(doubt: u32, successes: u32, failures: u32) -> Phase {
    Phase::HalfOpen {
        since: earlier(1),
        opened: earlier(90),
        reopens: 0,
        doubt,
        successes,
        failures,
        leases: std::collections::BTreeMap::new(),
    }
}

#[test]
fn probes_are_told_with_those_that_failed_and_with_what_doubt_asks_for() {
    let told = |phase, arrivals| {
        let mut record = Record {
            epoch: Epoch(3),
            phase,
            ..Record::default()
        };
        let heartbeats = Heartbeats {
            arrivals,
            contacts: 1,
            lifetime_ms: 10_000,
            refused: 0,
        };
        record.traffic.add(TrafficSlot::at(earlier(10)), heartbeats);
        let Circuit { probes, .. } = described(record);
        (probes.successes, probes.failures, probes.needed)
    };
    assert_eq!(told(half_open(0, 2, 1), 1_000), (2, 1, 3));
    assert_eq!(told(half_open(1, 2, 1), 1_000), (2, 1, 12));
    assert_eq!(told(half_open(9, 5, 2), 1_000), (5, 2, 12));
    // Where calls are rare each further probe takes long.
    assert_eq!(told(half_open(9, 5, 2), 1), (5, 2, 3));
}
