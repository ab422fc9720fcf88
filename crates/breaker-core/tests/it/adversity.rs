//! Idle spells, lost stores, races, and clocks that are set back.

use std::{future::Future, sync::atomic::Ordering, time::Duration};

use breaker_core::{
    CallError, Epoch, Event, Outcome, Override, OverrideMode, Permit, Policy, Rejection,
    RejectionReason, Timestamp,
};

use crate::{
    handle::call,
    observer::{Notes, observed},
    support::{Environment, Fleet, Mode, START},
};

fn placed(mode: OverrideMode) -> Override {
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
    let first = &fleet.environments[..1];
    fleet.end_five_times(first, Outcome::Failure).await;
    for environment in &fleet.environments {
        environment.inspect().await.unwrap();
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
    fleet.advance(Duration::from_millis(500));
    let refused = sleeper.admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::Open);
    assert_eq!(sleeper.known().record, fleet.record().await);
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
            .place_override(placed(OverrideMode::ForceOpen))
            .await
            .unwrap();
        assert_eq!(failing.await.unwrap(), Err(CallError::Inner("down")));
        assert_eq!(environment.known().record.epoch, Epoch(1), "{mode:?}");
        let refused = environment.admit().await.unwrap_err();
        assert_eq!(refused.reason, RejectionReason::ForcedOpen, "{mode:?}");
    }
}

/// A fleet whose one circuit has just opened for a minute, and whose lagging
/// store can still show it closed.
async fn open_for_long() -> Fleet {
    let mut fleet = Fleet::of(0).await;
    let patient = Policy {
        open_for: Duration::from_mins(1),
        ..Policy::default()
    };
    fleet.environments = vec![fleet.builder_with(patient).build().unwrap()];
    fleet.store.lag(fleet.environments[0].circuit()).await;
    fleet.store.behave(Mode::Working);
    open(&fleet).await;
    fleet
}

/// Refuses a call after a while, and asks the store before.
async fn asks_and_refuses(fleet: &Fleet) {
    fleet.advance(Duration::from_secs(10));
    let asked = || fleet.store.operations.load(Ordering::SeqCst);
    let before = asked();
    let refused = fleet.environments[0].admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::Open);
    assert!(asked() > before, "it looked");
}

#[tokio::test]
async fn a_read_that_shows_the_past_does_not_undo_newer_news() {
    let fleet = open_for_long().await;
    let known = || fleet.environments[0].known().record;
    let opened = known();
    assert_eq!(opened.epoch, Epoch(1));
    fleet.store.behave(Mode::Lagging);
    asks_and_refuses(&fleet).await;
    assert_eq!((known().epoch, known().phase), (opened.epoch, opened.phase));
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
        RejectionReason::LocalBreakerOpen
    );
    fleet.store.behave(Mode::Working);
    let operator = fleet.environment();
    operator
        .place_override(placed(OverrideMode::ForceOpen))
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
    let fleet = open_for_long().await;
    let known = || fleet.environments[0].known().record;
    let opened = known();
    for mode in [Mode::Refusing, Mode::Lagging] {
        fleet.store.behave(mode);
        asks_and_refuses(&fleet).await;
        assert_eq!(known().phase, opened.phase, "{mode:?}");
    }
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
    assert_eq!(environment.known().record.epoch, Epoch(0));
    fleet.advance(environment.policy().refresh_after);
    call(environment, Ok("up")).await.unwrap();
    assert_eq!(environment.known().record, fleet.record().await);
    assert_eq!(fleet.record().await.epoch, Epoch(1));
}

#[tokio::test(start_paused = true)]
async fn under_a_shadow_override_no_call_is_cut_off_or_refused() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    environment
        .place_override(placed(OverrideMode::Shadow))
        .await
        .unwrap();
    let environments = &fleet.environments;
    fleet.end_five_times(environments, Outcome::Failure).await;
    fleet.advance(Duration::from_secs(6));
    let slow = async {
        tokio::time::sleep(Duration::from_mins(1)).await;
        Ok::<_, ()>("at last")
    };
    assert_eq!(
        environment.call(slow, Outcome::from_result).await,
        Ok("at last")
    );
    fleet.store.behave(Mode::Silent);
    for _ in 0..10 {
        fleet.advance(Duration::from_secs(6));
        assert_eq!(call(environment, Ok("up")).await, Ok("up"));
    }
}

/// A call fails each 100 ms, and none is refused.
async fn fails_and_is_never_refused(
    fleet: &Fleet,
    (environment, notes): &(Environment, Notes),
    calls: u32,
) {
    for _ in 0..calls {
        for well in &fleet.environments {
            assert_eq!(call(well, Ok("up")).await, Ok("up"));
        }
        let made = call(environment, Err("down")).await;
        assert_eq!(made, Err(CallError::Inner("down")));
        fleet.advance(Duration::from_millis(100));
    }
    let is_refusal = |event: &Event| matches!(event, Event::Rejected(_));
    assert_eq!(notes.take().iter().find(|event| is_refusal(event)), None);
}

#[tokio::test(start_paused = true)]
async fn an_override_that_admits_every_call_admits_those_of_a_process_that_fails_alone() {
    for mode in [OverrideMode::Shadow, OverrideMode::ForceClosed] {
        for store in [Mode::Working, Mode::Silent] {
            let fleet = Fleet::of(2).await;
            fleet.promise(50, 100).await;
            let broken = observed(&fleet);
            broken.0.place_override(placed(mode)).await.unwrap();
            for well in &fleet.environments {
                well.inspect().await.unwrap();
            }
            fleet.store.behave(store);
            fails_and_is_never_refused(&fleet, &broken, 200).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn under_a_shadow_override_no_trial_without_the_store_refuses_the_others() {
    let fleet = Fleet::of(0).await;
    let broken = observed(&fleet);
    let shadow = placed(OverrideMode::Shadow);
    broken.0.place_override(shadow).await.unwrap();
    let environments = std::slice::from_ref(&broken.0);
    fleet.end_five_times(environments, Outcome::Failure).await;
    fleet.store.behave(Mode::Silent);
    fails_and_is_never_refused(&fleet, &broken, 300).await;
}
