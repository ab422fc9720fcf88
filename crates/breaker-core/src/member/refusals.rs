//! Calls that are refused are counted, whatever refuses them.

use std::time::Duration;

use super::*;
use crate::protocol::{Heartbeats, OverrideMode, Phase};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn record(epoch: u64, phase: Phase) -> Record {
    Record {
        epoch: Epoch(epoch),
        phase,
        ..Record::default()
    }
}

fn closed(epoch: u64, since: Timestamp, opened: Timestamp) -> Record {
    let phase = Phase::Closed {
        since,
        opened,
        doubt: 0,
        suspected: None,
    };
    record(epoch, phase)
}

fn open() -> Record {
    let phase = Phase::Open {
        since: START,
        opened: START,
        until: START + Duration::from_secs(1),
        reopens: 0,
        doubt: 0,
    };
    record(1, phase)
}

fn member(record: Record) -> Member {
    let member = Member::new(Policy::default(), Seeded::new(1)).unwrap();
    member.on_strong_read(record, Epoch(0), START);
    member
}

/// So many calls arrive at once: how many are refused.
fn refused(member: &Member, calls: u64, now: Timestamp) -> u64 {
    let refused = (0..calls).filter(|_| match member.begin(now) {
        Admission::Rejected(_) => true,
        Admission::Admitted(_) => false,
        Admission::Pending(_) => panic!("the record is known"),
    });
    refused.count().try_into().unwrap()
}

/// A call fails, and what heartbeats tell with it.
fn told(member: &Member, now: Timestamp) -> Heartbeats {
    let Admission::Admitted(permit) = member.begin(now) else {
        panic!("the circuit is closed");
    };
    let request = member.end(permit, Outcome::Failure, now).unwrap();
    let Operation::Apply {
        change: Change::Report(report),
        ..
    } = request.operation()
    else {
        panic!("a failure is told: {request:?}");
    };
    report.heartbeats.unwrap().1
}

#[test]
fn calls_that_an_open_circuit_refuses_are_told_once_it_closes() {
    let member = member(open());
    assert_eq!(refused(&member, 40, START), 40);
    member.on_strong_read(closed(2, START, START), Epoch(1), START);
    let heartbeats = told(&member, START);
    assert_eq!((heartbeats.arrivals, heartbeats.refused), (41, 40));
    assert_eq!(told(&member, START).refused, 0, "each is told once");
}

#[test]
fn calls_that_the_ramp_refuses_are_told() {
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let member = member(closed(1, START, hour_ago));
    let refused = refused(&member, 100, START);
    assert!((70..=99).contains(&refused), "{refused} of 100");
    member.on_strong_read(closed(1, hour_ago, hour_ago), Epoch(1), START);
    assert_eq!(told(&member, START).refused, refused);
}

#[test]
fn calls_that_an_operator_refuses_are_told() {
    let mut forced = closed(1, START, START);
    forced.standing_override = Some(Override {
        mode: OverrideMode::ForceOpen,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires: START + Duration::from_mins(1),
    });
    let member = member(forced);
    assert_eq!(refused(&member, 7, START), 7);
    member.on_strong_read(closed(2, START, START), Epoch(1), START);
    assert_eq!(told(&member, START).refused, 7);
}

/// They are no traffic of the dependency's, or they would be taken for successes.
#[test]
fn calls_that_the_local_breaker_refuses_are_told_and_are_no_arrivals() {
    let member = member(closed(1, START, START));
    member.step(START, |state, cx| state.local.trip(cx));
    assert_eq!(refused(&member, 9, START), 9);
    member.on_strong_read(closed(2, START, START), Epoch(1), START);
    let heartbeats = told(&member, START);
    assert_eq!((heartbeats.arrivals, heartbeats.refused), (1, 9));
}
