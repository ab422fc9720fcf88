//! Environments that fail alone, that slept, and that a store turns away.

use std::{sync::atomic::Ordering, time::Duration};

use breaker_core::{CallError, Clock, Epoch, Policy, RejectionReason, protocol::Slot};

use crate::{
    handle::call,
    support::{Environment, Fleet, Mode, Steady},
};

/// One call each second, until the environment is stopped; gives how many were
/// made.
async fn calls_until_stopped(fleet: &Fleet, environment: &Environment, at_most: u32) -> u32 {
    for made in 0..at_most {
        match call(environment, Err("broken socket")).await {
            Err(CallError::Rejected(rejection)) => {
                assert_eq!(rejection.reason, RejectionReason::LocalBreakerOpen);
                return made;
            }
            other => assert_eq!(other, Err(CallError::Inner("broken socket"))),
        }
        fleet.live(Duration::from_secs(1), 50, 100).await;
    }
    panic!("it was never stopped");
}

#[tokio::test]
async fn an_environment_that_fails_alone_stops_itself_while_the_others_go_on() {
    let fleet = Fleet::of(2).await;
    fleet.promise(50, 100).await;
    let [broken, well] = &fleet.environments[..] else {
        panic!()
    };
    assert_eq!(calls_until_stopped(&fleet, broken, 50).await, 30);
    assert_eq!(call(well, Ok("up")).await, Ok("up"));
    assert_eq!(
        fleet.record().await.epoch,
        Epoch(0),
        "the circuit is closed"
    );
    // It finds out with one call at a time whether it is well again, and waits
    // for longer each time that it is not.
    fleet.live(Duration::from_secs(5), 50, 100).await;
    let trial = broken.admit().await.unwrap();
    assert!(!trial.is_probe());
    let busy = broken.admit().await.unwrap_err();
    assert_eq!(busy.reason, RejectionReason::LocalBreakerOpen);
    broken.record(trial, breaker_core::Outcome::Failure).await;
    let until = broken.admit().await.unwrap_err().retry_at;
    assert_eq!(until.since(fleet.clock.now()), Duration::from_secs(10));
    fleet.live(Duration::from_secs(10), 50, 100).await;
    for _ in 0..100 {
        assert_eq!(call(broken, Ok("up")).await, Ok("up"));
    }
    assert_eq!(fleet.record().await.epoch, Epoch(0));
}

#[tokio::test]
async fn an_environment_that_fails_with_all_others_leaves_it_to_the_circuit() {
    let fleet = Fleet::of(20).await;
    fleet.promise(50, 20).await;
    let mut reasons = Vec::new();
    while reasons.is_empty() {
        for environment in &fleet.environments {
            if let Err(CallError::Rejected(rejection)) = call(environment, Err("down")).await {
                reasons.push(rejection.reason);
            }
            fleet.advance(Duration::from_millis(20));
        }
    }
    assert!(
        reasons
            .iter()
            .all(|reason| *reason == RejectionReason::Open)
    );
    assert_eq!(fleet.record().await.epoch, Epoch(1));
}

#[tokio::test]
async fn an_environment_that_may_be_all_there_is_leaves_it_to_the_circuit() {
    let fleet = Fleet::of(0).await;
    fleet.promise(1, 1).await;
    let impatient = Policy {
        local_failures: 5,
        ..Policy::default()
    };
    let environment = fleet.builder_with(impatient).build().unwrap();
    let mut made = 0;
    let refused = loop {
        match call(&environment, Err("down")).await {
            Err(CallError::Rejected(rejection)) => break rejection,
            other => assert_eq!(other, Err(CallError::Inner("down"))),
        }
        made += 1;
        assert!(made < 100, "it goes on for ever");
        fleet.advance(Duration::from_millis(100));
    };
    assert_eq!(refused.reason, RejectionReason::Open, "after {made} calls");
    assert_eq!(fleet.record().await.epoch, Epoch(1));
}

#[tokio::test]
async fn an_environment_that_wakes_after_an_hour_tells_nothing_of_what_was_before() {
    let fleet = Fleet::of(2).await;
    let [sleeper, other] = &fleet.environments[..] else {
        panic!()
    };
    call(sleeper, Ok("up")).await.unwrap();
    // Four failures that reach nobody.
    fleet.store.behave(Mode::Throttling);
    for _ in 0..4 {
        fleet.advance(Duration::from_secs(1));
        let _ = call(sleeper, Err("down")).await;
    }
    fleet.store.behave(Mode::Working);
    fleet.advance(Duration::from_hours(1));
    let awake = Slot::at(fleet.clock.now(), sleeper.policy());
    drop(sleeper.admit().await.unwrap());
    let before = fleet.record().await.evidence;
    assert_eq!(before.0.len(), 0, "it has nothing to tell: {before:?}");
    // One more failure: the four from before would make it five.
    assert!(call(sleeper, Err("down")).await.is_err());
    let record = fleet.record().await;
    assert_eq!(record.epoch, Epoch(0));
    let slots: Vec<Slot> = record.evidence.0.keys().map(|key| key.slot).collect();
    assert_eq!(slots, [awake], "only what happened since it woke");
    assert_eq!(call(sleeper, Ok("up")).await, Ok("up"));
    assert_eq!(call(other, Ok("up")).await, Ok("up"));
}

#[tokio::test]
async fn an_environment_that_slept_does_not_claim_to_have_lived_all_that_time() {
    let fleet = Fleet::of(1).await;
    let sleeper = &fleet.environments[0];
    call(sleeper, Ok("up")).await.unwrap();
    fleet.advance(Duration::from_hours(1));
    call(sleeper, Ok("up")).await.unwrap();
    let record = fleet.record().await;
    let lived: u64 = record.traffic.0.values().map(|told| told.lifetime_ms).sum();
    assert!(lived <= 2 * 60_000, "{lived} ms in an hour");
    let processes = record
        .traffic
        .fleet_size(fleet.clock.now())
        .unwrap()
        .processes;
    assert!(processes <= 12.0, "{processes} processes of one");
}

#[tokio::test]
async fn a_throttled_store_is_asked_less_and_less_and_delays_nobody() {
    for (draw, at_most) in [(0.0, 45), (0.999, 25)] {
        let fleet = Fleet::of(0).await;
        let environment = fleet.builder().entropy(Steady(draw)).build().unwrap();
        call(&environment, Ok("up")).await.unwrap();
        fleet.store.behave(Mode::Throttling);
        fleet.advance(Duration::from_secs(10));
        let before = fleet.store.operations.load(Ordering::SeqCst);
        for _ in 0..1_200 {
            assert_eq!(call(&environment, Ok("up")).await, Ok("up"));
            fleet.advance(Duration::from_millis(50));
        }
        let asked = fleet.store.operations.load(Ordering::SeqCst) - before;
        assert!((5..=at_most).contains(&asked), "{asked} times in a minute");
        fleet.store.behave(Mode::Working);
        fleet.advance(Duration::from_secs(5));
        call(&environment, Ok("up")).await.unwrap();
        assert_eq!(environment.known().record, fleet.record().await);
    }
}

#[tokio::test]
async fn an_environment_whose_alarms_are_turned_away_goes_on_until_five_have_failed_over_seconds() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    call(environment, Ok("up")).await.unwrap();
    fleet.store.behave(Mode::Throttling);
    for _ in 0..5 {
        let made = call(environment, Err("down")).await;
        assert_eq!(made, Err(CallError::Inner("down")));
        fleet.advance(Duration::from_secs(1));
    }
    let refused = environment.admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::LocalBreakerOpen);
}
