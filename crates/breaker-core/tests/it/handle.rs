//! Several environments around one record.

use std::{sync::atomic::Ordering, time::Duration};

use breaker_core::{
    Breaker, CallError, Clock, Epoch, Outcome, Override, OverrideMode, RejectionReason, State,
    StateStore,
};

use crate::support::{Fleet, Mode, START};

type Reply = Result<&'static str, &'static str>;

pub(crate) async fn call<S: StateStore, C: Clock>(
    environment: &Breaker<S, C>,
    reply: Reply,
) -> Result<&'static str, CallError<&'static str>> {
    environment
        .call(async { reply }, Outcome::from_result)
        .await
}

/// Five failures in a row, spread over the environments; by their next news
/// all of them know that the circuit is open.
async fn fail_until_open(fleet: &Fleet) {
    let environments = &fleet.environments;
    fleet.end_five_times(environments, Outcome::Failure).await;
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Open);
    for environment in &fleet.environments {
        environment.inspect().await.unwrap();
        assert_eq!(
            environment.known().record.state(fleet.clock.now()),
            State::Open
        );
    }
}

#[tokio::test]
async fn failures_of_different_environments_add_up_and_open_the_circuit_for_all() {
    let fleet = Fleet::of(5).await;
    fail_until_open(&fleet).await;
    for environment in &fleet.environments {
        let refused = call(environment, Ok("up")).await;
        let Err(CallError::Rejected(rejection)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(rejection.reason, RejectionReason::Open);
        let open_for = environment.policy().open_for;
        assert_eq!(rejection.retry_at, fleet.clock.now() + open_for);
    }
}

#[tokio::test]
async fn four_failures_in_a_row_do_not_open() {
    let fleet = Fleet::of(2).await;
    for environment in fleet.environments.iter().cycle().take(4) {
        let _ = call(environment, Err("down")).await;
        fleet.advance(Duration::from_secs(1));
    }
    assert_eq!(fleet.record().await.epoch, Epoch(0));
}

#[tokio::test]
async fn failures_that_come_all_at_once_do_not_open() {
    let fleet = Fleet::of(2).await;
    for environment in fleet.environments.iter().cycle().take(30) {
        let _ = call(environment, Err("down")).await;
        fleet.advance(Duration::from_millis(33));
    }
    assert_eq!(fleet.record().await.epoch, Epoch(0));
    for environment in fleet.environments.iter().cycle().take(20) {
        fleet.advance(Duration::from_millis(33));
        let _ = call(environment, Err("down")).await;
    }
    assert_eq!(fleet.record().await.epoch, Epoch(1), "they go on");
}

#[tokio::test]
async fn ignored_outcomes_never_count() {
    let fleet = Fleet::of(1).await;
    for _ in 0..50 {
        let result =
            fleet.environments[0].call(async { Err::<(), _>("bad request") }, |_| Outcome::Ignored);
        let _ = result.await;
    }
    assert_eq!(fleet.record().await.epoch, Epoch(0));
}

#[tokio::test]
async fn a_success_admitted_before_the_trip_does_not_undo_it() {
    let fleet = Fleet::of(2).await;
    let permit = fleet.environments[0].admit().await.unwrap();
    let other = &fleet.environments[1..];
    fleet.end_five_times(other, Outcome::Failure).await;
    fleet.environments[0].record(permit, Outcome::Success).await;
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Open);
}

#[tokio::test]
async fn pooled_probes_close_the_circuit_and_never_exceed_their_places() {
    let fleet = Fleet::of(4).await;
    fail_until_open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    let first = fleet.environments[0].admit().await.unwrap();
    let second = fleet.environments[1].admit().await.unwrap();
    assert!(first.is_probe() && second.is_probe());
    let refused = fleet.environments[2].admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::ProbesBusy);
    fleet.environments[0].record(first, Outcome::Success).await;
    fleet.environments[1].record(second, Outcome::Success).await;
    assert_eq!(fleet.record().await.state(START), State::HalfOpen);
    assert_eq!(call(&fleet.environments[3], Ok("up")).await, Ok("up"));
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Closed);
}

#[tokio::test]
async fn a_failed_probe_reopens_and_the_other_probe_comes_too_late() {
    let fleet = Fleet::of(2).await;
    fail_until_open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    let first = fleet.environments[0].admit().await.unwrap();
    let second = fleet.environments[1].admit().await.unwrap();
    fleet.environments[0].record(first, Outcome::Failure).await;
    let reopened = fleet.record().await;
    fleet.environments[1].record(second, Outcome::Success).await;
    assert_eq!(fleet.record().await, reopened);
    let refused = fleet.environments[0].admit().await.unwrap_err();
    let open_for = fleet.environments[0].policy().open_for;
    assert_eq!(refused.retry_at, fleet.clock.now() + open_for);
}

#[tokio::test]
async fn a_probe_that_fails_among_others_that_succeed_counts_against_them() {
    let fleet = Fleet::of(2).await;
    let [environment, other] = &fleet.environments[..] else {
        panic!()
    };
    fail_until_open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    for environment in [environment, other] {
        call(environment, Ok("up")).await.unwrap();
    }
    let failing = environment.admit().await.unwrap();
    environment.record(failing, Outcome::Failure).await;
    let state = || async { fleet.record().await.state(fleet.clock.now()) };
    assert_eq!(fleet.record().await.epoch, Epoch(2), "it goes on");
    call(environment, Ok("up")).await.unwrap();
    assert_eq!(state().await, State::HalfOpen, "3 of 4 are not enough");
    call(other, Ok("up")).await.unwrap();
    assert_eq!(state().await, State::Closed);
    let why = fleet.record().await.cause.unwrap();
    assert_eq!(why, "4 probes succeeded and 1 failed");
}

#[tokio::test]
async fn a_probe_that_is_dropped_never_closes_and_costs_one_lease() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    fail_until_open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    drop((
        environment.admit().await.unwrap(),
        environment.admit().await.unwrap(),
    ));
    assert_eq!(
        environment.admit().await.unwrap_err().reason,
        RejectionReason::ProbesBusy
    );
    fleet.advance(environment.policy().lease_for);
    let again = [
        environment.admit().await.unwrap(),
        environment.admit().await.unwrap(),
    ];
    for probe in again {
        assert!(probe.is_probe());
        environment.record(probe, Outcome::Success).await;
    }
    assert_eq!(call(environment, Ok("up")).await, Ok("up"));
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_is_cut_off_and_counts_as_a_failure() {
    let fleet = Fleet::of(1).await;
    fail_until_open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    let hung = fleet.environments[0].call(std::future::pending::<Reply>(), Outcome::from_result);
    assert_eq!(hung.await, Err(CallError::ProbeTimedOut));
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Open);
}

#[tokio::test]
async fn a_healthy_call_does_not_touch_the_store_while_the_state_is_fresh() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    call(environment, Ok("up")).await.unwrap();
    let before = fleet.store.operations.load(Ordering::SeqCst);
    for _ in 0..1_000 {
        call(environment, Ok("up")).await.unwrap();
    }
    assert_eq!(fleet.store.operations.load(Ordering::SeqCst), before);
    fleet.advance(environment.policy().refresh_after);
    call(environment, Ok("up")).await.unwrap();
    assert_eq!(fleet.store.operations.load(Ordering::SeqCst), before + 2);
    let record = fleet.record().await;
    let total = record
        .evidence
        .total(record.epoch, environment.policy(), fleet.clock.now());
    assert_eq!(total.calls, 0, "while all is well nobody reports successes");
    let promised: u64 = record.traffic.0.values().map(|told| told.arrivals).sum();
    assert_eq!(promised, 6 + 1_002, "a heartbeat tells how many there were");
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_adds_no_failures_and_delays_one_call_a_second_at_most() {
    let fleet = Fleet::of(1).await;
    fleet.store.behave(Mode::Silent);
    let environment = &fleet.environments[0];
    let started = tokio::time::Instant::now();
    for _ in 0..100 {
        assert_eq!(call(environment, Ok("up")).await, Ok("up"));
    }
    assert!(started.elapsed() <= environment.policy().store_timeout);
}

#[tokio::test(start_paused = true)]
async fn without_the_store_an_environment_protects_itself_and_returns_to_the_fleet() {
    for mode in [Mode::Silent, Mode::Refusing] {
        let fleet = Fleet::of(1).await;
        let environment = &fleet.environments[0];
        call(environment, Ok("up")).await.unwrap();
        fleet.store.behave(mode);
        for _ in 0..5 {
            fleet.advance(Duration::from_secs(2));
            assert_eq!(
                call(environment, Err("down")).await,
                Err(CallError::Inner("down"))
            );
        }
        let refused = environment.admit().await.unwrap_err();
        assert_eq!(refused.reason, RejectionReason::LocalBreakerOpen);
        fleet.store.behave(Mode::Working);
        // What it could not report may open the circuit for all at first.
        for _ in 0..20 {
            fleet.advance(Duration::from_secs(1));
            let _ = call(environment, Ok("up")).await;
        }
        assert_eq!(call(environment, Ok("up")).await, Ok("up"));
        assert_eq!(environment.known().record.epoch, fleet.record().await.epoch);
        assert_eq!(
            environment.known().record.state(fleet.clock.now()),
            State::Closed
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_whose_reply_was_lost_is_read_back_and_used() {
    let fleet = Fleet::of(1).await;
    fail_until_open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    // What it would tell first is told.
    fleet.environments[0].inspect().await.unwrap();
    fleet.store.behave(Mode::LosingReplies);
    let permit = fleet.environments[0].admit().await.unwrap();
    fleet.store.behave(Mode::Working);
    assert!(permit.is_probe());
    assert_eq!(fleet.record().await.epoch, Epoch(2));
    fleet.environments[0].record(permit, Outcome::Success).await;
}

#[tokio::test]
async fn overrides_stand_above_the_rules_until_they_expire() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    let placed = |mode, seconds| Override {
        mode,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires: fleet.clock.now() + Duration::from_secs(seconds),
    };
    environment
        .place_override(placed(OverrideMode::ForceOpen, 60))
        .await
        .unwrap();
    let refused = environment.admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::ForcedOpen);
    fleet.advance(Duration::from_mins(1));
    call(environment, Ok("up")).await.unwrap();
    environment
        .place_override(placed(OverrideMode::ForceClosed, 60))
        .await
        .unwrap();
    for _ in 0..30 {
        assert_eq!(
            call(environment, Err("down")).await,
            Err(CallError::Inner("down"))
        );
    }
    environment.withdraw_override("bob").await.unwrap();
    let trail = environment.events(Epoch(0), 10).await.unwrap();
    assert_eq!(
        trail
            .iter()
            .map(|event| event.to.as_str())
            .collect::<Vec<_>>(),
        ["forced_open", "forced_closed", "closed"]
    );
}

#[tokio::test]
async fn shadow_measures_and_moves_but_admits_everything() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    let placed = Override {
        mode: OverrideMode::Shadow,
        reason: "trying it out".to_owned(),
        actor: "ada".to_owned(),
        expires: START + Duration::from_mins(10),
    };
    environment.place_override(placed).await.unwrap();
    for _ in 0..8 {
        assert_eq!(
            call(environment, Err("down")).await,
            Err(CallError::Inner("down"))
        );
        fleet.advance(Duration::from_millis(200));
    }
    let (record, now) = (fleet.record().await, fleet.clock.now());
    assert_eq!(record.state(now), State::Open);
    assert_eq!(record.effective_state(now), State::Shadow);
}
