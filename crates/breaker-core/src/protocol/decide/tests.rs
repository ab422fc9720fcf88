//! What becomes of a call in each state and under each override.

use proptest::prelude::*;

use super::*;
use crate::protocol::{Counts, Heartbeats, Override, Slot, TrafficSlot};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// When the circuits of these tests opened that are on their way back.
const OPENED: Timestamp = Timestamp::from_unix_ms(1_699_999_990_000);

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
    record(Phase::closed(Timestamp::default()))
}

fn open_for(seconds: u64) -> Record {
    record(Phase::Open {
        since: START,
        opened: START,
        until: START + Duration::from_secs(seconds),
        reopens: 0,
        doubt: 0,
    })
}

fn half_open(leases: &[(LeaseIndex, u64)]) -> Record {
    let lease = |&(index, seconds): &(LeaseIndex, u64)| {
        let lease = Lease {
            owner: LeaseOwner(u128::from(index)),
            expires: START + Duration::from_secs(seconds),
        };
        (index, lease)
    };
    record(Phase::HalfOpen {
        since: START,
        opened: OPENED,
        reopens: 2,
        doubt: 0,
        successes: 0,
        failures: 0,
        leases: leases.iter().map(lease).collect(),
    })
}

/// Has just closed, after an outage that was longer than the ramp.
fn ramping() -> Record {
    record(Phase::Closed {
        since: START,
        opened: OPENED,
        doubt: 0,
        suspected: None,
    })
}

fn overridden(mode: OverrideMode, record: Record) -> Record {
    let placed = Override {
        mode,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires: START + Duration::from_mins(1),
    };
    Record {
        standing_override: Some(placed),
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
        plan.map(|plan| plan.index)
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
    let record = ramping();
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
        let record = overridden(OverrideMode::ForceOpen, record);
        let expires = START + Duration::from_mins(1);
        let expected = (State::ForcedOpen, RejectionReason::ForcedOpen, expires);
        assert_eq!(rejection(decide(&record, START)), expected);
        assert_ne!(
            decide(&record, expires),
            decide(&record, START),
            "an override that is over has no effect"
        );
    }
}

#[test]
fn forced_closed_admits_all_and_proves_nothing() {
    for record in [closed(), ramping(), open_for(5), half_open(&[])] {
        let record = overridden(OverrideMode::ForceClosed, record);
        let unlucky = record.decide(&Policy::default(), START, 0.999);
        assert_eq!(unlucky, IGNORED);
    }
}

#[test]
fn shadow_decides_as_ever_but_refuses_nothing() {
    let shadow = |record| overridden(OverrideMode::Shadow, record);
    assert_eq!(decide(&shadow(closed()), START), COUNTED);
    assert_eq!(decide(&shadow(open_for(5)), START), IGNORED);
    assert_eq!(decide(&shadow(half_open(&[])), START), Decision::Probe);
    let full = half_open(&[(0, 12), (1, 12)]);
    assert_eq!(decide(&shadow(full), START), IGNORED);
}

#[test]
fn a_dependency_that_asks_to_be_left_alone_is_left_alone_for_longer() {
    let policy = Policy {
        open_for: Duration::from_secs(5),
        open_growth: 2.0,
        ..Policy::default()
    };
    let opened_for = |seconds: u64| {
        let opening = Opening {
            retry_after: Some(Duration::from_secs(seconds)),
            ..OPENING
        };
        let index = 0;
        let owner = LeaseOwner(0);
        let record = half_open(&[(index, 12)]);
        let change = record.probe_failed(index, owner, &policy, START, opening);
        opened_until(&change).since(START).as_secs()
    };
    // The third opening in a row lasts 40 s.
    assert_eq!(opened_for(0), 40);
    assert_eq!(opened_for(39), 40, "less does not shorten it");
    assert_eq!(opened_for(45), 45);
    assert_eq!(opened_for(3_600), 60, "nor does more exceed open_for_max");
}

/// A circuit that has just become half open, in doubt.
fn doubtful(doubt: u32, arrivals: u64) -> Record {
    let mut record = record(Phase::HalfOpen {
        since: START,
        opened: OPENED,
        reopens: 7,
        doubt,
        successes: 0,
        failures: 0,
        leases: BTreeMap::new(),
    });
    let heartbeats = Heartbeats {
        arrivals,
        ..Heartbeats::default()
    };
    record.traffic.add(TrafficSlot::at(START), heartbeats);
    record
}

/// Many calls and few, since the slot of traffic began.
const BUSY: u64 = 1_000;
const THIN: u64 = 2;

/// One probe after the other, until the circuit moves: where to.
fn walk(record: Record, probes: &[bool], policy: &Policy) -> Option<(usize, Change)> {
    let mut record = record;
    for (number, &succeeds) in (1..).zip(probes) {
        let owner = LeaseOwner(9);
        let plan = record.plan_probe(policy, START, owner).unwrap();
        let index = plan.index;
        record = record.after(&plan.change, START);
        let change = if succeeds {
            Change::ProbeSucceeded { index, owner }
        } else {
            record.probe_failed(index, owner, policy, START, OPENING)
        };
        if matches!(change, Change::Transition { .. }) {
            return Some((number, change));
        }
        record = record.after(&change, START);
        if let Some(change) = record.due(policy, START, OPENING) {
            return Some((number, change));
        }
    }
    None
}

fn is_closing(change: &Change) -> bool {
    matches!(
        change,
        Change::Transition {
            to: Phase::Closed { .. },
            ..
        }
    )
}

proptest! {
    /// Each success is a step forward and each failure one back. It closes
    /// where three steps lead, or twelve in doubt; it opens again one step
    /// before the beginning.
    #[test]
    fn the_way_back_is_a_walk_of_successes_less_failures(
        doubt in 0..5_u32,
        is_thin in any::<bool>(),
        probes in prop::collection::vec(prop::bool::weighted(0.6), 0..60),
    ) {
        // Where calls are rare, each further probe takes long.
        let goal = if doubt == 0 || is_thin { 3 } else { 12 };
        let mut position = 0;
        let expected = (1..).zip(&probes).find_map(|(number, succeeds)| {
            position += if *succeeds { 1 } else { -1 };
            (position == goal || position < 0).then_some((number, position == goal))
        });
        let record = doubtful(doubt, if is_thin { THIN } else { BUSY });
        let found = walk(record, &probes, &Policy::default());
        let found = found.map(|(number, change)| (number, is_closing(&change)));
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn every_attempt_to_recover_keeps_when_the_circuit_opened_and_its_doubt(
        doubt in 0..5_u32,
        probes in prop::collection::vec(prop::bool::weighted(0.7), 40..60),
    ) {
        let policy = Policy::default();
        let moved = walk(doubtful(doubt, BUSY), &probes, &policy);
        prop_assume!(moved.is_some());
        let Some((_, Change::Transition { to, .. })) = moved else {
            panic!("{moved:?}")
        };
        match to {
            Phase::Closed { since, opened, doubt: kept, suspected } => {
                prop_assert_eq!((since, opened, kept), (START, OPENED, doubt));
                prop_assert_eq!(suspected, None);
            }
            Phase::Open { since, opened, until, reopens, doubt: kept } => {
                prop_assert_eq!((since, opened, kept), (START, OPENED, doubt));
                prop_assert_eq!(reopens, 8);
                prop_assert_eq!(until, START + policy.open_for);
            }
            Phase::HalfOpen { .. } => panic!("it is half open already"),
        }
    }
}

#[test]
fn a_probe_after_the_open_time_keeps_when_the_circuit_opened() {
    let until = START + Duration::from_secs(5);
    let open = record(Phase::Open {
        since: START,
        opened: OPENED,
        until,
        reopens: 4,
        doubt: 1,
    });
    let plan = open.plan_probe(&Policy::default(), until, LeaseOwner(1));
    let half_open = open.after(&plan.unwrap().change, until);
    assert!(
        matches!(
            half_open.phase,
            Phase::HalfOpen {
                since,
                opened: OPENED,
                reopens: 4,
                doubt: 1,
                successes: 0,
                failures: 0,
                ..
            } if since == until
        ),
        "{half_open:?}"
    );
}

#[test]
fn a_probe_that_was_withheld_is_no_failed_recovery() {
    let policy = Policy::default();
    let wait = Duration::from_secs(7);
    let record = half_open(&[(0, 12)]);
    let change = record.postpone(0, LeaseOwner(0), &policy, START, wait);
    let expected = Phase::Open {
        since: START,
        opened: OPENED,
        until: START + wait,
        reopens: 2,
        doubt: 0,
    };
    assert!(matches!(change, Change::Transition { to, .. } if to == expected));
}

/// A suspected circuit of which so many calls failed in each of three slots.
fn failing(calls: u64, failures: u64, doubt: u32) -> Record {
    let minute_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 60_000);
    let mut record = record(Phase::Closed {
        since: minute_ago,
        opened: minute_ago,
        doubt,
        suspected: Some(minute_ago),
    });
    let counts = Counts {
        calls,
        failures,
        ..Counts::default()
    };
    let newest = Slot::at(START, &Policy::default()).0;
    let tally = (0..3).map(|ago| (Slot(newest - ago), counts)).collect();
    record.evidence.add(record.epoch, &tally);
    record
}

/// How much doubt the circuit that opens has.
fn opens_with_doubt(record: &Record) -> Option<u32> {
    match record.due(&Policy::default(), START, OPENING)? {
        Change::Transition {
            to:
                Phase::Open {
                    since: START,
                    opened: START,
                    reopens: 0,
                    doubt,
                    ..
                },
            ..
        } => Some(doubt),
        change => panic!("{change:?}"),
    }
}

#[test]
fn doubt_grows_with_each_partial_failure_and_ends_with_a_total_one() {
    for doubt in 0..4 {
        assert_eq!(
            opens_with_doubt(&failing(1_000, 800, doubt)),
            Some(doubt + 1)
        );
        assert_eq!(
            opens_with_doubt(&failing(1_000, 899, doubt)),
            Some(doubt + 1)
        );
        assert_eq!(opens_with_doubt(&failing(1_000, 900, doubt)), Some(0));
        assert_eq!(opens_with_doubt(&failing(1_000, 1_000, doubt)), Some(0));
        assert_eq!(opens_with_doubt(&failing(1_000, 300, doubt)), None);
    }
}

#[test]
fn nothing_is_due_while_the_circuit_is_open() {
    let later = START + Duration::from_hours(1);
    assert_eq!(open_for(5).due(&Policy::default(), later, OPENING), None);
}
