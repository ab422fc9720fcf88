//! Idle spells, lost stores, races, and clocks that are set back.

use std::{future::Future, sync::atomic::Ordering, time::Duration};

use breaker_core::{
    CallError, Epoch, Outcome, Override, OverrideMode, Permit, Rejection, RejectionReason,
    Timestamp,
};

use crate::{
    handle::call,
    support::{Environment, Fleet, Mode, START},
};

fn order(mode: OverrideMode) -> Override {
    let expires = START + Duration::from_hours(2);
    Override {
        mode,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires,
    }
}

/// Runs futures side by side and gives what came of them.
async fn all<T: Send + 'static>(
    futures: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut results = Vec::new();
    for task in futures.map(tokio::spawn).collect::<Vec<_>>() {
        results.push(task.await.unwrap());
    }
    results
}

async fn admit_at_once(
    environments: impl Iterator<Item = Environment>,
) -> Vec<Result<Permit, Rejection>> {
    all(environments.map(|environment| async move { environment.admit().await })).await
}

fn probes(permits: &[Result<Permit, Rejection>]) -> usize {
    permits
        .iter()
        .flatten()
        .filter(|permit| permit.is_probe())
        .count()
}

/// Opens the circuit, and lets every environment know.
async fn open(fleet: &Fleet) {
    for _ in 0..5 {
        let _ = call(&fleet.environments[0], Err("down")).await;
    }
    fleet.advance(Duration::from_secs(1));
    for environment in &fleet.environments {
        let _ = call(environment, Ok("late")).await;
    }
}

#[tokio::test]
async fn an_environment_that_slept_comes_back_to_the_fleet() {
    let fleet = Fleet::of(2).await;
    let [sleeper, other] = &fleet.environments[..] else {
        panic!()
    };
    call(sleeper, Ok("up")).await.unwrap();
    call(sleeper, Ok("up")).await.unwrap();
    call(other, Ok("up")).await.unwrap();
    fleet.advance(Duration::from_mins(10));
    for _ in 0..5 {
        fleet.advance(Duration::from_secs(1));
        let _ = call(other, Err("down")).await;
    }
    for _ in 0..3 {
        fleet.advance(Duration::from_secs(1));
        let _ = call(sleeper, Ok("up")).await;
    }
    assert_eq!(sleeper.known().record.epoch, Epoch(1));
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_of_the_store_leaves_no_lasting_mark() {
    for mode in [Mode::Refusing, Mode::Silent] {
        let fleet = Fleet::of(1).await;
        let environment = &fleet.environments[0];
        call(environment, Ok("up")).await.unwrap();
        fleet.store.behave(mode);
        for _ in 0..600 {
            fleet.advance(Duration::from_secs(1));
            call(environment, Ok("up")).await.unwrap();
        }
        let slots = environment.known().record.evidence.0.len();
        let window = usize::try_from(environment.policy().window_slots).unwrap();
        assert!(slots <= window + 1, "{slots} slots are remembered");
        fleet.store.behave(Mode::Working);
        for _ in 0..2 {
            fleet.advance(Duration::from_secs(1));
            call(environment, Ok("up")).await.unwrap();
        }
        assert_eq!(environment.known().record, fleet.record().await);
    }
}

#[tokio::test(start_paused = true)]
async fn losers_of_a_race_for_a_lease_do_not_probe() {
    let fleet = Fleet::of(50).await;
    open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    fleet.store.behave(Mode::Contended);
    let permits = admit_at_once(fleet.environments.iter().cloned()).await;
    assert!(probes(&permits) <= 2, "{} probes at once", probes(&permits));
    assert_eq!(
        permits.iter().flatten().count(),
        probes(&permits),
        "only probes pass"
    );
    // The store works: whoever lost knows the fleet's state, and goes on with it.
    let epoch = fleet.record().await.epoch;
    for environment in &fleet.environments {
        assert_eq!(environment.known().record.epoch, epoch);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_gives_nobody_a_lease() {
    let fleet = Fleet::of(1).await;
    open(&fleet).await;
    fleet.advance(Duration::from_secs(5));
    fleet.store.behave(Mode::Silent);
    let environment = &fleet.environments[0];
    let permits = admit_at_once((0..100).map(|_| environment.clone())).await;
    assert_eq!(permits.iter().flatten().count(), 0);
    // Not for ever: in the end the process finds its own way back, one call at
    // a time.
    fleet.advance(environment.policy().lease_for);
    let permits = admit_at_once((0..100).map(|_| environment.clone())).await;
    assert_eq!((probes(&permits), permits.iter().flatten().count()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cold_environment_waits_for_its_first_news_with_all_its_calls() {
    let fleet = Fleet::of(1).await;
    open(&fleet).await;
    fleet.store.behave(Mode::Slow);
    let cold = fleet.environment();
    let permits = admit_at_once((0..100).map(|_| cold.clone())).await;
    assert_eq!(permits.iter().flatten().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_report_without_an_answer_or_with_a_late_one_does_not_undo_newer_news() {
    for mode in [Mode::SwallowingCounts, Mode::AnsweringLate] {
        let fleet = Fleet::of(1).await;
        let environment = fleet.environments[0].clone();
        call(&environment, Ok("up")).await.unwrap();
        fleet.store.behave(mode);
        let failing = tokio::spawn({
            let environment = environment.clone();
            async move { call(&environment, Err("down")).await }
        });
        tokio::task::yield_now().await;
        environment
            .order(Some(order(OverrideMode::ForceOpen)), "ada")
            .await
            .unwrap();
        assert_eq!(failing.await.unwrap(), Err(CallError::Inner("down")));
        assert_eq!(environment.known().record.epoch, Epoch(1), "{mode:?}");
        let refused = environment.admit().await.unwrap_err();
        assert_eq!(refused.reason, RejectionReason::ForcedOpen, "{mode:?}");
    }
}

#[tokio::test]
async fn a_read_that_shows_the_past_does_not_undo_newer_news() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    fleet.store.lag(environment.circuit()).await;
    for _ in 0..5 {
        let _ = call(environment, Err("down")).await;
    }
    assert_eq!(environment.known().record.epoch, Epoch(1));
    fleet.advance(Duration::from_secs(1));
    assert_eq!(
        environment.admit().await.unwrap_err().reason,
        RejectionReason::Open
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_lonely_environment_decided_never_overwrites_the_fleet() {
    let fleet = Fleet::of(1).await;
    let lonely = &fleet.environments[0];
    call(lonely, Ok("up")).await.unwrap();
    fleet.advance(Duration::from_secs(2));
    fleet.store.behave(Mode::Silent);
    for _ in 0..5 {
        fleet.advance(Duration::from_secs(2));
        let _ = call(lonely, Err("down")).await;
    }
    assert_eq!(
        lonely.admit().await.unwrap_err().reason,
        RejectionReason::OwnGuard
    );
    fleet.store.behave(Mode::Working);
    let operator = fleet.environment();
    operator
        .order(Some(order(OverrideMode::ForceOpen)), "ada")
        .await
        .unwrap();
    fleet.advance(Duration::from_secs(10));
    assert_eq!(
        lonely.admit().await.unwrap_err().reason,
        RejectionReason::ForcedOpen
    );
    assert!(fleet.record().await.standing_override.is_some());
}

#[tokio::test]
async fn a_missed_answer_does_not_make_an_old_read_believable() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    open(&fleet).await;
    let opened = environment.known().record;
    fleet.store.behave(Mode::Refusing);
    fleet.advance(Duration::from_secs(1));
    let _ = call(environment, Ok("up")).await;
    fleet.store.behave(Mode::Working);
    fleet.advance(Duration::from_secs(1));
    let _ = call(environment, Ok("up")).await;
    assert_eq!(environment.known().record, opened);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_the_news() {
    let fleet = Fleet::of(2).await;
    let [environment, other] = &fleet.environments[..] else {
        panic!()
    };
    call(environment, Ok("up")).await.unwrap();
    fleet
        .clock
        .set(Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000));
    for _ in 0..5 {
        fleet.advance(Duration::from_secs(1));
        let _ = call(other, Err("down")).await;
    }
    let before = fleet.store.operations.load(Ordering::SeqCst);
    assert!(environment.admit().await.is_err());
    assert!(fleet.store.operations.load(Ordering::SeqCst) > before);
}

#[tokio::test(start_paused = true)]
async fn under_a_shadow_order_no_call_is_cut_off_or_refused() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    environment
        .order(Some(order(OverrideMode::Shadow)), "ada")
        .await
        .unwrap();
    for _ in 0..5 {
        let _ = call(environment, Err("down")).await;
    }
    fleet.advance(Duration::from_secs(6));
    let slow = async {
        tokio::time::sleep(Duration::from_mins(1)).await;
        Ok::<_, ()>("at last")
    };
    assert_eq!(
        environment.call(slow, Outcome::of_result).await,
        Ok("at last")
    );
    fleet.store.behave(Mode::Silent);
    for _ in 0..10 {
        fleet.advance(Duration::from_secs(6));
        assert_eq!(call(environment, Ok("up")).await, Ok("up"));
    }
}
