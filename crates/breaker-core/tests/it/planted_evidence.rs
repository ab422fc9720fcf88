//! What counts as evidence, and how often.

use std::{sync::Arc, time::Duration};

use breaker_core::{
    Breaker, Change, Clock, Epoch, Outcome, Policy, Record, RejectionReason, State, Timestamp,
    member::Entropy,
    protocol::{Counts, LeaseOwner, Report, Suspicion},
};

use crate::{
    handle::call,
    support::{Fleet, Mode, OPENING, START, failures, name, warm},
};

/// Fails until the circuit opens, and succeeds until it closes again.
pub(crate) async fn go_full_circle(fleet: &Fleet) {
    let environment = &fleet.environments[0];
    let first = &fleet.environments[..1];
    fleet.end_five_times(first, Outcome::Failure).await;
    fleet.advance(Duration::from_secs(5));
    for _ in 0..environment.policy().successes_to_close {
        call(environment, Ok("up")).await.unwrap();
    }
    let record = fleet.record().await;
    assert_eq!(
        (record.epoch, record.state(fleet.clock.now())),
        (Epoch(3), State::Closed)
    );
}

async fn counted(fleet: &Fleet) -> Counts {
    let (record, policy) = (fleet.record().await, Policy::default());
    let now = fleet.environments[0].known().now;
    record.evidence.total(record.epoch, &policy, now)
}

#[tokio::test]
async fn failures_from_before_an_outage_ended_say_nothing_about_the_time_after_it() {
    let fleet = Fleet::of(2).await;
    let late = &fleet.environments[1];
    let mut permits = Vec::new();
    for _ in 0..30 {
        permits.push(late.admit().await.unwrap());
    }
    go_full_circle(&fleet).await;
    late.inspect().await.unwrap();
    for permit in permits {
        late.record(permit, Outcome::Failure).await;
    }
    assert_eq!(counted(&fleet).await, Counts::default());
    assert_eq!(fleet.record().await.epoch, Epoch(3));
}

#[tokio::test]
async fn failures_that_have_left_the_window_do_not_count_any_more() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    let second = Duration::from_secs(1);
    for _ in 0..2 {
        // Where traffic is thin that takes an hour.
        fleet.advance(Duration::from_hours(1));
        for _ in 0..4 {
            let _ = call(environment, Err("down")).await;
            fleet.advance(second);
        }
        assert_eq!(fleet.record().await.epoch, Epoch(0));
    }
    fleet.advance(Duration::from_hours(1).saturating_sub(10 * second));
    let _ = call(environment, Err("down")).await;
    assert_eq!(fleet.record().await.epoch, Epoch(1));
}

#[tokio::test]
async fn failures_at_the_same_time_in_environments_that_do_not_know_of_each_other_add_up() {
    let fleet = Fleet::of(5).await;
    for environment in &fleet.environments {
        call(environment, Ok("up")).await.unwrap();
    }
    // In a slot that nobody has counted in yet, as far as each of them knows.
    fleet.advance(Duration::from_secs(1));
    for (environment, failed) in fleet.environments.iter().zip(1..) {
        let _ = call(environment, Err("down")).await;
        assert_eq!(counted(&fleet).await.alarms, failed);
    }
    // They do not say what succeeded in between, so they count as one in a row.
    fleet.advance(Duration::from_secs(1));
    assert_eq!(fleet.record().await.epoch, Epoch(0));
    for (environment, failed) in fleet.environments.iter().take(4).zip(1..) {
        assert_eq!(counted(&fleet).await.failures, failed - 1);
        fleet.advance(Duration::from_secs(1));
        let _ = call(environment, Err("down")).await;
    }
    assert_eq!(fleet.record().await.epoch, Epoch(1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_whose_report_got_no_answer_is_not_told_twice() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    call(environment, Ok("up")).await.unwrap();
    fleet.store.behave(Mode::LosingReplies);
    let _ = call(environment, Err("down")).await;
    assert_eq!(counted(&fleet).await, Counts::ALARM, "it was written");
    fleet.store.behave(Mode::Working);
    for _ in 0..3 {
        fleet.advance(Duration::from_secs(6));
        call(environment, Ok("up")).await.unwrap();
    }
    let told = counted(&fleet).await;
    assert_eq!((told.alarms, told.failures), (1, 0));
}

/// Draws so that all that is left to chance goes against the call.
#[derive(Debug)]
struct Unlucky;

impl Entropy for Unlucky {
    fn uniform(&mut self) -> f64 {
        0.999
    }

    fn owner(&mut self) -> LeaseOwner {
        LeaseOwner(1)
    }
}

#[tokio::test]
async fn calls_that_the_breaker_refuses_are_no_failures_of_the_dependency() {
    let fleet = Fleet::of(1).await;
    go_full_circle(&fleet).await;
    let (store, clock) = (Arc::clone(&fleet.store), Arc::clone(&fleet.clock));
    let unlucky = Breaker::builder(name("orders"), Policy::default(), store)
        .clock(clock)
        .entropy(Unlucky)
        .build()
        .unwrap();
    for _ in 0..40 {
        let refused = unlucky.admit().await.unwrap_err();
        assert_eq!(refused.reason, RejectionReason::Ramping);
    }
    fleet.advance(unlucky.policy().ramp_for);
    for _ in 0..3 {
        call(&unlucky, Ok("up")).await.unwrap();
        fleet.advance(unlucky.policy().refresh_after);
    }
    assert_eq!(counted(&fleet).await, Counts::default());
    assert_eq!(fleet.record().await.epoch, Epoch(3));
}

#[test]
fn what_an_environment_reports_whose_clock_is_ahead_counts_at_once() {
    let policy = Policy::default();
    // One clock is ahead by the skew, and the other behind by as much.
    let ahead = START + policy.clock_skew * 2;
    let suspected = Change::Report(Report {
        suspicion: Some(Suspicion::Raised(Timestamp::from_unix_ms(
            START.as_unix_ms() - 1_000,
        ))),
        ..Report::default()
    });
    let record = [warm(), suspected, failures(ahead, 5)]
        .iter()
        .fold(Record::default(), |record, change| {
            record.apply(Epoch(0), change, ahead).unwrap()
        });
    let total = record.evidence.total(Epoch(0), &policy, START);
    assert_eq!(total.failures, 5);
    assert!(record.due(&policy, START, OPENING).is_some());
    assert_eq!(record.stale_evidence(&policy, START), []);
}
