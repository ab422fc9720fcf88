//! How a circuit opens for slowness, stays open, and comes back.

use std::time::Duration;

use breaker_core::{CallError, Clock, Epoch, Outcome, RejectionReason, State, protocol::Phase};

use crate::{
    handle::call,
    support::{Environment, Fleet, Steady},
};

/// Opens a circuit of thin traffic.
async fn fail(fleet: &Fleet, outcome: Outcome) {
    fleet.end_five_times(&fleet.environments, outcome).await;
}

/// Closes a circuit whose open time is over.
async fn succeed_three_times(environment: &Environment) {
    for _ in 0..3 {
        call(environment, Ok("up")).await.unwrap();
    }
}

#[tokio::test]
async fn after_closing_admission_grows_from_a_share_to_all() {
    let fleet = Fleet::of(1).await;
    let lucky = &fleet.environments[0];
    fail(&fleet, Outcome::Failure).await;
    fleet.advance(Duration::from_secs(5));
    succeed_three_times(lucky).await;
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Closed);
    // It passes as soon as more than half of all calls do.
    let average = fleet.builder().entropy(Steady(0.5)).build().unwrap();
    let refused = average.admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::Ramping);
    assert_eq!(refused.state, State::Closed);
    assert_eq!(call(lucky, Ok("up")).await, Ok("up"), "a tenth passes");
    fleet.advance(Duration::from_millis(2_200));
    assert!(average.admit().await.is_err());
    fleet.advance(Duration::from_millis(100));
    assert_eq!(call(&average, Ok("up")).await, Ok("up"));
}

#[tokio::test]
async fn the_ramp_lasts_no_longer_than_the_outage_did() {
    for (outage_ms, ramp_ms) in [(1_000, 1_000), (3_000, 3_000), (60_000, 5_000)] {
        let fleet = Fleet::of(1).await;
        let lucky = &fleet.environments[0];
        fail(&fleet, Outcome::Failure).await;
        fleet.advance(Duration::from_millis(outage_ms));
        succeed_three_times(lucky).await;
        let unlucky = fleet.builder().entropy(Steady(0.999)).build().unwrap();
        fleet.advance(Duration::from_millis(ramp_ms - 10));
        let refused = unlucky.admit().await.unwrap_err();
        assert_eq!(refused.reason, RejectionReason::Ramping, "{outage_ms} ms");
        fleet.advance(Duration::from_millis(10));
        assert!(unlucky.admit().await.is_ok(), "{outage_ms} ms");
    }
}

#[tokio::test]
async fn an_open_circuit_is_probed_once_a_second_and_the_trail_tells_when_that_began() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    fail(&fleet, Outcome::Failure).await;
    let mut probed = 0;
    for _ in 0..60 {
        fleet.advance(Duration::from_millis(100));
        let made = call(environment, Err("down")).await;
        probed += u64::from(made == Err(CallError::Inner("down")));
    }
    assert_eq!(probed, 6);
    assert_eq!(fleet.record().await.epoch.0, 1 + 2 * probed);
    let trail = environment.events(Epoch(0), 100).await.unwrap();
    let epochs: Vec<u64> = trail.iter().map(|event| event.epoch.0).collect();
    assert_eq!(epochs, [1, 2]);
    fleet.advance(Duration::from_secs(1));
    succeed_three_times(environment).await;
    let trail = environment.events(Epoch(3), 100).await.unwrap();
    let states: Vec<State> = trail.iter().map(|event| event.to).collect();
    assert_eq!(states, [State::Closed], "it tells of the end of the outage");
}

#[tokio::test]
async fn calls_that_are_refused_while_it_ramps_up_are_no_failures() {
    let fleet = Fleet::of(1).await;
    fail(&fleet, Outcome::Failure).await;
    fleet.advance(Duration::from_secs(5));
    succeed_three_times(&fleet.environments[0]).await;
    let unlucky = fleet.builder().entropy(Steady(0.999)).build().unwrap();
    for _ in 0..100 {
        assert!(call(&unlucky, Ok("up")).await.is_err());
    }
    fleet.advance(Duration::from_secs(5));
    assert_eq!(call(&unlucky, Ok("up")).await, Ok("up"));
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Closed);
}

#[tokio::test]
async fn a_dependency_that_asks_to_be_left_alone_is_not_probed_before() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    let in_half_a_minute = Outcome::RetryAfter(Duration::from_secs(30));
    fail(&fleet, in_half_a_minute).await;
    let refused = environment.admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::Open);
    let now = fleet.clock.now();
    assert_eq!(refused.retry_at, now + Duration::from_secs(30));
    fleet.advance(Duration::from_secs(30));
    // A probe hears it, too; an hour is more than is believed.
    let probe = environment.admit().await.unwrap();
    assert!(probe.is_probe());
    let in_an_hour = Outcome::RetryAfter(Duration::from_hours(1));
    environment.record(probe, in_an_hour).await;
    let refused = environment.admit().await.unwrap_err();
    let longest = environment.policy().open_for_max;
    assert_eq!(refused.retry_at, fleet.clock.now() + longest);
}

#[tokio::test]
async fn a_probe_that_another_circuit_holds_back_has_not_failed() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    fail(&fleet, Outcome::Failure).await;
    fleet.advance(Duration::from_secs(5));
    let policy = environment.policy();
    let (shortest, longest) = (policy.clock_skew * 2, policy.open_for_max);
    for (says, comes_back_after) in [
        (Duration::ZERO, shortest),
        (Duration::from_secs(3), Duration::from_secs(3)),
        (Duration::from_hours(1), longest),
    ] {
        let probe = environment.admit().await.unwrap();
        assert!(probe.is_probe());
        environment.record(probe, Outcome::Withheld(says)).await;
        let refused = environment.admit().await.unwrap_err();
        let retry_at = fleet.clock.now() + comes_back_after;
        assert_eq!(refused.retry_at, retry_at, "{says:?}");
        fleet.advance(comes_back_after);
    }
    // The first failure of a probe that was made is the first failed recovery.
    let probe = environment.admit().await.unwrap();
    environment.record(probe, Outcome::Failure).await;
    let record = fleet.record().await;
    assert!(
        matches!(record.phase, Phase::Open { reopens: 1, .. }),
        "{record:?}"
    );
}

#[tokio::test]
async fn calls_that_another_circuit_holds_back_open_the_circuit_for_as_long() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    let in_half_a_minute = Outcome::Withheld(Duration::from_secs(30));
    fail(&fleet, in_half_a_minute).await;
    let refused = environment.admit().await.unwrap_err();
    let now = fleet.clock.now();
    assert_eq!(refused.retry_at, now + Duration::from_secs(30));
}

#[tokio::test]
async fn calls_that_succeed_too_late_open_the_circuit() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    for _ in 0..5 {
        let slow = async {
            fleet.advance(environment.policy().slow_call_after);
            Ok::<_, ()>("late")
        };
        let served = environment.call(slow, Outcome::from_result).await;
        assert_eq!(served, Ok("late"));
    }
    let refused = environment.admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::Open);
    let why = fleet.record().await.cause.unwrap();
    assert!(why.contains("too slow"), "{why}");
}

#[tokio::test]
async fn calls_that_are_nearly_slow_do_not_open_the_circuit() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    let nearly = environment.policy().slow_call_after;
    let nearly = nearly.saturating_sub(Duration::from_millis(1));
    for _ in 0..20 {
        let call = async {
            fleet.advance(nearly);
            Ok::<_, CallError<()>>("in time")
        };
        environment.call(call, Outcome::from_result).await.unwrap();
    }
    assert!(environment.admit().await.is_ok());
}

#[tokio::test]
async fn a_slow_probe_reopens_the_circuit() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    fail(&fleet, Outcome::Failure).await;
    fleet.advance(Duration::from_secs(5));
    let probe = environment.admit().await.unwrap();
    fleet.advance(environment.policy().slow_call_after);
    environment.record(probe, Outcome::Success).await;
    let record = fleet.record().await;
    assert_eq!(record.state(fleet.clock.now()), State::Open);
}
