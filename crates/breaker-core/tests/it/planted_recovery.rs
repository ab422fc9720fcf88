//! The way back: how long leases last, how long the circuit stays open, and
//! where the ramp begins.

use std::time::Duration;

use breaker_core::{
    Change, Clock, Epoch, Outcome, Policy, Record, RejectionReason, State, StoreError, Timestamp,
    member::{Admission, Member, Seeded},
    protocol::{Opening, Phase},
};

use crate::{
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
    let first = &environments[..1];
    fleet.end_five_times(first, Outcome::Failure).await;
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
    member.on_strong_read(opened.clone(), member.known_epoch(), START);
    let mut asked = 0;
    // A moment later it would try by itself: no lease lasts as long.
    for second in 1..9 {
        let now = START + Duration::from_secs(second);
        let mut admission = member.begin(now);
        while let Admission::Pending(request) = admission {
            asked += 1;
            let unreadable = StoreError::Unreadable("a phase from the future".to_owned());
            admission = member.answer_admission(request, Err(unreadable), now);
        }
        assert!(matches!(admission, Admission::Rejected(_)), "{admission:?}");
        assert_eq!(member.known(), opened);
    }
    assert!(asked > 0);
}
