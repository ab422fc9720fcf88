//! One process, step by step, with the store's answers chosen by the test.

use std::time::Duration;

use breaker_core::{
    Epoch, Outcome, Override, OverrideMode, Policy, Record, RejectionReason, StoreError, Timestamp,
    member::{Errand, Member, Operation, Seeded, Step},
    protocol::{Change, Conflict, Phase},
};

const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);

fn later(ms: u64) -> Timestamp {
    NOW + Duration::from_millis(ms)
}

fn record(epoch: u64, phase: Phase) -> Record {
    Record {
        epoch: Epoch(epoch),
        phase,
        ..Record::default()
    }
}

fn open_until(until: Timestamp) -> Phase {
    Phase::Open {
        since: NOW,
        until,
        reopens: 0,
    }
}

fn knows(record: Record) -> Member {
    let member = Member::new(Policy::default(), Seeded::new(1)).unwrap();
    member.hear(record, NOW);
    member
}

/// The errand that a step asks for.
fn errand(step: Step) -> Errand {
    match step {
        Step::Ask(errand) => errand,
        other => panic!("{other:?}"),
    }
}

fn rejection(step: Step) -> RejectionReason {
    match step {
        Step::Rejected(rejection) => rejection.reason,
        other => panic!("{other:?}"),
    }
}

/// What the store makes of an errand.
fn done(errand: &Errand) -> Record {
    match errand.operation() {
        Operation::Apply { basis, change } => basis.apply(basis.epoch, change, NOW).unwrap(),
        Operation::Load(reading) => panic!("{reading:?}"),
    }
}

fn lease_expires(errand: &Errand) -> Timestamp {
    match errand.operation() {
        Operation::Apply {
            change:
                Change::Transition {
                    to: Phase::HalfOpen { leases, .. },
                    ..
                },
            ..
        } => leases[&0].expires,
        other => panic!("{other:?}"),
    }
}

fn no_answer() -> StoreError {
    StoreError::NoAnswer("timed out".to_owned())
}

#[test]
fn a_lease_of_an_epoch_that_is_known_to_be_over_is_no_lease() {
    let member = knows(record(1, open_until(NOW)));
    let asked = errand(member.begin(later(1)));
    let granted = done(&asked);
    // The other probe failed, and another call of this process has heard so.
    member.hear(record(3, open_until(later(5_000))), later(2));
    let step = member.answer(asked, Ok(granted), later(3));
    assert_eq!(rejection(step), RejectionReason::Open);
}

#[test]
fn who_tries_for_a_lease_and_hears_of_an_order_obeys_the_order() {
    let member = knows(record(1, open_until(NOW)));
    let asked = errand(member.begin(later(1)));
    let ordered = Record {
        standing_override: Some(Override {
            mode: OverrideMode::ForceOpen,
            reason: "drill".to_owned(),
            actor: "ada".to_owned(),
            expires: later(60_000),
        }),
        ..record(2, open_until(NOW))
    };
    let conflict = StoreError::Conflict(Conflict {
        current: Box::new(ordered),
    });
    let step = member.answer(asked, Err(conflict), later(2));
    assert_eq!(rejection(step), RejectionReason::ForcedOpen);
}

#[test]
fn who_got_no_lease_passes_if_the_circuit_has_closed_meanwhile() {
    let member = knows(record(1, open_until(NOW)));
    let asked = errand(member.begin(later(1)));
    let since = Timestamp::from_unix_ms(1);
    member.hear(record(3, Phase::Closed { since }), later(2));
    let asked = errand(member.answer(asked, Err(no_answer()), later(251)));
    let step = member.answer(asked, Err(no_answer()), later(501));
    assert!(matches!(step, Step::Admitted(_)), "{step:?}");
}

#[test]
fn a_lease_begins_when_it_is_asked_for_and_not_when_the_wait_for_a_turn_began() {
    let member = knows(record(1, open_until(NOW)));
    let waiting = errand(member.begin(later(1)));
    // Young enough news, so that nothing else has to be asked first.
    let turn = later(200);
    let asked = errand(member.reconsider(waiting, turn));
    assert_eq!(lease_expires(&asked), turn + Policy::default().lease_for);
}

#[test]
fn two_failures_hold_a_process_back_for_seconds_however_long_the_store_refuses() {
    let member = knows(Record::default());
    let refuse = |errand: Errand, at| member.answer(errand, Err(StoreError::Throttled), at);
    for at in [later(0), later(1_000)] {
        let Step::Admitted(permit) = member.begin(at) else {
            panic!("refused");
        };
        let report = errand(member.end(permit, Outcome::Failure, at));
        assert!(matches!(refuse(report, at), Step::Done));
    }
    let look = |at| refuse(errand(member.begin(at)), at);
    assert_eq!(rejection(look(later(3_000))), RejectionReason::OwnGuard);
    assert!(matches!(look(later(8_000)), Step::Admitted(_)));
}
