//! The way back: how long leases last, how long the circuit stays open, and
//! where the ramp begins.

use std::time::Duration;

use breaker_core::{
    Change, Clock, Epoch, Outcome, Policy, Record, RejectionReason, State, StoreError, Timestamp,
    member::{Member, Seeded, Step},
    protocol::{Opening, Phase},
};

use crate::{
    handle::call,
    planted_evidence::go_full_circle,
    support::{Fleet, OPENING, START, failures, warm},
};

/// What opens the circuit at `now`.
fn open(policy: &Policy, now: Timestamp, opening: Opening) -> (Record, Change) {
    let failing = [warm(), failures(now, 5)]
        .iter()
        .fold(Record::default(), |record, change| {
            record.apply(Epoch(0), change, now).unwrap()
        });
    let change = failing.due(policy, now, opening).unwrap();
    (failing, change)
}

fn open_for(retry_after: Duration) -> Duration {
    let opening = Opening {
        retry_after: Some(retry_after),
        ..OPENING
    };
    let (_, change) = open(&Policy::default(), START, opening);
    match change {
        Change::Transition {
            to: Phase::Open { since, until, .. },
            ..
        } => until.since(since),
        other => panic!("{other:?} does not open"),
    }
}

#[test]
fn a_dependency_may_ask_to_be_left_alone_up_to_the_longest_open_time() {
    let policy = Policy::default();
    assert_eq!(open_for(Duration::from_secs(1)), policy.open_for);
    assert_eq!(open_for(Duration::from_secs(30)), Duration::from_secs(30));
    assert_eq!(open_for(Duration::from_hours(24)), policy.open_for_max);
}

#[tokio::test]
async fn probes_that_take_as_long_as_they_may_keep_their_places_and_count() {
    let fleet = Fleet::of(3).await;
    let environments = &fleet.environments;
    for _ in 0..5 {
        let _ = call(&environments[0], Err("down")).await;
    }
    fleet.advance(Duration::from_secs(5));
    let first = environments[0].admit().await.unwrap();
    let second = environments[1].admit().await.unwrap();
    let limit = first.limit().unwrap();
    let skew = environments[0].policy().clock_skew;
    // As seen by somebody whose clock is ahead.
    fleet.advance(limit + skew);
    let refused = environments[2].admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::ProbesBusy);
    environments[0].record(first, Outcome::Success).await;
    environments[1].record(second, Outcome::Failure).await;
    assert_eq!(fleet.record().await.epoch, Epoch(3));
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Open);
}

#[tokio::test]
async fn the_ramp_is_the_same_for_those_who_hear_late_that_the_circuit_has_closed() {
    let fleet = Fleet::of(2).await;
    go_full_circle(&fleet).await;
    let [first, late] = &fleet.environments[..] else {
        panic!()
    };
    fleet.advance(Duration::from_secs(3));
    let cold = fleet.environment();
    for environment in [first, late, &cold] {
        environment.inspect().await.unwrap();
        let ramp = environment
            .known()
            .record
            .ramp(environment.policy(), fleet.clock.now());
        assert!((ramp - 0.64).abs() < 1e-9, "{ramp}");
    }
}

#[test]
fn a_record_that_cannot_be_understood_leaves_the_last_known_state_as_it_is() {
    let policy = Policy::default();
    let (failing, change) = open(&policy, START, OPENING);
    let opened = failing.apply(Epoch(0), &change, START).unwrap();
    let member = Member::new(policy, Seeded::new(1)).unwrap();
    member.hear(opened.clone(), START);
    let mut asked = 0;
    for second in 1..15 {
        let now = START + Duration::from_secs(second);
        let mut step = member.begin(now);
        while let Step::Ask(errand) = step {
            asked += 1;
            let unreadable = StoreError::Unreadable("a phase from the future".to_owned());
            step = member.answer(errand, Err(unreadable), now);
        }
        assert!(matches!(step, Step::Rejected(_)), "{step:?}");
        assert_eq!(member.known(), opened);
    }
    assert!(asked > 0);
}
