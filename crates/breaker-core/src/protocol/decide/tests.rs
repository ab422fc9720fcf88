//! What becomes of a call in each state and under each order.

use super::*;
use crate::protocol::Override;

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// Neither the ramp nor jitter is up to chance.
const SURE: f64 = 0.0;

const OPENING: Opening = Opening {
    jitter: 0.5,
    retry_after: None,
};

fn record(phase: Phase) -> Record {
    Record {
        epoch: Epoch(7),
        phase,
        ..Record::default()
    }
}

fn closed() -> Record {
    record(Phase::Closed {
        since: Timestamp::default(),
    })
}

fn open_for(seconds: u64) -> Record {
    record(Phase::Open {
        since: START,
        until: START + Duration::from_secs(seconds),
        reopens: 0,
    })
}

fn half_open(leases: &[(LeaseSlot, u64)]) -> Record {
    let lease = |&(slot, seconds): &(LeaseSlot, u64)| {
        let lease = Lease {
            owner: LeaseOwner(u128::from(slot)),
            expires: START + Duration::from_secs(seconds),
        };
        (slot, lease)
    };
    record(Phase::HalfOpen {
        since: START,
        reopens: 2,
        successes: 0,
        leases: leases.iter().map(lease).collect(),
    })
}

fn ordered(mode: OverrideMode, record: Record) -> Record {
    let order = Override {
        mode,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires: START + Duration::from_mins(1),
    };
    Record {
        standing_override: Some(order),
        ..record
    }
}

fn decide(record: &Record, now: Timestamp) -> Decision {
    record.decide(&Policy::default(), now, SURE)
}

fn rejection(decision: Decision) -> (State, RejectionReason, Timestamp) {
    let Decision::Reject(rejection) = decision else {
        panic!("{decision:?}")
    };
    (rejection.state, rejection.reason, rejection.retry_at)
}

fn opened_until(change: &Change) -> Timestamp {
    let Change::Transition {
        to: Phase::Open { until, .. },
        ..
    } = change
    else {
        panic!("{change:?}")
    };
    *until
}

const COUNTED: Decision = Decision::Admit(Measure::Counted(Epoch(7)));
const IGNORED: Decision = Decision::Admit(Measure::Ignored);

#[test]
fn a_closed_circuit_admits_and_counts_for_its_epoch() {
    assert_eq!(decide(&closed(), START), COUNTED);
}

#[test]
fn an_open_circuit_says_when_to_come_back_and_then_asks_for_a_probe() {
    let record = open_for(5);
    let until = START + Duration::from_secs(5);
    let expected = (State::Open, RejectionReason::Open, until);
    assert_eq!(rejection(decide(&record, START)), expected);
    assert_eq!(decide(&record, until), Decision::Probe);
}

#[test]
fn a_half_open_circuit_has_so_many_places_and_no_more() {
    let later = START + Duration::from_secs(1);
    assert_eq!(decide(&half_open(&[]), later), Decision::Probe);
    assert_eq!(decide(&half_open(&[(0, 12)]), later), Decision::Probe);
    let full = half_open(&[(0, 12), (1, 12)]);
    let (state, reason, retry_at) = rejection(decide(&full, later));
    assert_eq!(
        (state, reason),
        (State::HalfOpen, RejectionReason::ProbesBusy)
    );
    assert_eq!(retry_at, later + SOON, "a probe ends long before its lease");
    // A lease that is over is a free place.
    let just_before = START + Duration::from_millis(11_900);
    let expires = START + Duration::from_secs(12);
    assert_eq!(rejection(decide(&full, just_before)).2, expires);
    assert_eq!(decide(&full, expires), Decision::Probe);
}

#[test]
fn a_probe_takes_the_first_place_that_is_free() {
    let policy = Policy::default();
    let place = |record: &Record, now| {
        let plan = record.plan_probe(&policy, now, LeaseOwner(9));
        plan.map(|plan| plan.slot)
    };
    assert_eq!(place(&half_open(&[(0, 12)]), START), Some(1));
    assert_eq!(place(&half_open(&[(1, 12)]), START), Some(0));
    assert_eq!(place(&half_open(&[(0, 12), (1, 12)]), START), None);
    assert_eq!(place(&open_for(5), START), None, "not before its time");
    assert_eq!(place(&open_for(0), START), Some(0));
    assert_eq!(place(&closed(), START), None);
}

#[test]
fn while_it_ramps_up_chance_decides() {
    let policy = Policy::default();
    let record = record(Phase::Closed { since: START });
    let halfway = START + policy.ramp_for / 2;
    assert_eq!(record.decide(&policy, halfway, 0.54), COUNTED);
    let refused = rejection(record.decide(&policy, halfway, 0.56));
    let soon = halfway + SOON;
    assert_eq!(refused, (State::Closed, RejectionReason::Ramping, soon));
    let nearly_done = START + policy.ramp_for.saturating_sub(Duration::from_millis(100));
    let (_, _, retry_at) = rejection(record.decide(&policy, nearly_done, 0.999));
    assert_eq!(retry_at, START + policy.ramp_for);
}

#[test]
fn forced_open_refuses_until_the_order_ends() {
    for record in [closed(), open_for(5), half_open(&[])] {
        let record = ordered(OverrideMode::ForceOpen, record);
        let expires = START + Duration::from_mins(1);
        let expected = (State::ForcedOpen, RejectionReason::ForcedOpen, expires);
        assert_eq!(rejection(decide(&record, START)), expected);
        assert_ne!(
            decide(&record, expires),
            decide(&record, START),
            "an order that is over has no effect"
        );
    }
}

#[test]
fn forced_closed_admits_all_and_proves_nothing() {
    let ramping = record(Phase::Closed { since: START });
    for record in [closed(), ramping, open_for(5), half_open(&[])] {
        let record = ordered(OverrideMode::ForceClosed, record);
        let unlucky = record.decide(&Policy::default(), START, 0.999);
        assert_eq!(unlucky, IGNORED);
    }
}

#[test]
fn shadow_decides_as_ever_but_refuses_nothing() {
    let shadow = |record| ordered(OverrideMode::Shadow, record);
    assert_eq!(decide(&shadow(closed()), START), COUNTED);
    assert_eq!(decide(&shadow(open_for(5)), START), IGNORED);
    assert_eq!(decide(&shadow(half_open(&[])), START), Decision::Probe);
    let full = half_open(&[(0, 12), (1, 12)]);
    assert_eq!(decide(&shadow(full), START), IGNORED);
}

#[test]
fn a_dependency_that_asks_to_be_left_alone_is_left_alone_for_longer() {
    let policy = Policy::default();
    let opened_for = |seconds: u64| {
        let opening = Opening {
            retry_after: Some(Duration::from_secs(seconds)),
            ..OPENING
        };
        let slot = 0;
        let owner = LeaseOwner(0);
        let record = half_open(&[(slot, 12)]);
        let change = record.reopen(slot, owner, &policy, START, opening);
        opened_until(&change).since(START).as_secs()
    };
    // The third opening in a row lasts 40 s.
    assert_eq!(opened_for(0), 40);
    assert_eq!(opened_for(39), 40, "less does not shorten it");
    assert_eq!(opened_for(45), 45);
    assert_eq!(opened_for(3_600), 60, "nor does more exceed open_for_max");
}

#[test]
fn a_record_calls_for_closing_once_enough_probes_have_succeeded() {
    let policy = Policy::default();
    let with = |successes| {
        record(Phase::HalfOpen {
            since: START,
            reopens: 0,
            successes,
            leases: BTreeMap::new(),
        })
    };
    let enough = policy.successes_to_close;
    assert_eq!(with(enough - 1).due(&policy, START, OPENING), None);
    let closing = with(enough).due(&policy, START, OPENING);
    assert!(matches!(
        closing,
        Some(Change::Transition {
            to: Phase::Closed { since: START },
            ..
        })
    ));
}

#[test]
fn nothing_is_due_while_the_circuit_is_open() {
    let later = START + Duration::from_hours(1);
    assert_eq!(open_for(5).due(&Policy::default(), later, OPENING), None);
}
