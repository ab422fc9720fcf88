//! Futures that are dropped, wherever they wait.

use std::{future::Future, time::Duration};

use breaker_core::{Clock, Epoch, Outcome, RejectionReason, State, protocol::Phase};

use crate::{
    handle::call,
    support::{Environment, Fleet, Mode},
};

/// Each operation of a slow store waits twice, 10 ms before and 10 ms after:
/// these moments lie between them all, for three operations in a row.
const MOMENTS_MS: [u64; 7] = [0, 5, 15, 25, 35, 45, 55];

/// Drops a call after so long, which stays unanswered.
async fn drop_hung(environment: &Environment, ms: u64) {
    let hung = environment.call(
        std::future::pending::<Result<(), &str>>(),
        Outcome::from_result,
    );
    let dropped = tokio::time::timeout(Duration::from_millis(ms), hung).await;
    assert!(dropped.is_err(), "it was done after {ms} ms");
}

/// Drops a call after so long, which fails at once.
async fn drop_failing(environment: &Environment, ms: u64) {
    let failing = call(environment, Err("down"));
    let _ = tokio::time::timeout(Duration::from_millis(ms), failing).await;
}

/// The circuit is closed, calls pass, and this environment knows what the fleet
/// knows, at once.
async fn is_unmarked(fleet: &Fleet, environment: &Environment) {
    fleet.store.behave(Mode::Working);
    for _ in 0..20 {
        assert_eq!(call(environment, Ok("up")).await, Ok("up"));
    }
    environment.inspect().await.unwrap();
    assert_eq!(environment.known().record, fleet.record().await);
    assert_eq!(fleet.record().await.epoch, Epoch(0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_for_its_first_news_leaves_no_mark() {
    for ms in MOMENTS_MS {
        let fleet = Fleet::of(1).await;
        fleet.store.behave(Mode::Slow);
        for _ in 0..20 {
            drop_hung(&fleet.environments[0], ms).await;
        }
        is_unmarked(&fleet, &fleet.environments[0]).await;
    }
}

/// Fails if the future is polled again and again without getting anywhere, which
/// would also keep every time-out from running.
async fn without_spinning<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut polls = 0;
    std::future::poll_fn(|context| {
        polls += 1;
        assert!(polls < 1_000, "it spins");
        future.as_mut().poll(context)
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_one_that_is_dropped_ask_themselves() {
    let fleet = Fleet::of(1).await;
    fleet.store.behave(Mode::Slow);
    let environment = &fleet.environments[0];
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let environment = environment.clone();
            tokio::spawn(without_spinning(async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                call(&environment, Ok("up")).await
            }))
        })
        .collect();
    drop_hung(environment, 5).await;
    for call in waiting {
        assert_eq!(call.await.unwrap(), Ok("up"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_refreshes_the_news_leaves_no_mark() {
    for ms in MOMENTS_MS {
        let fleet = Fleet::of(1).await;
        let environment = &fleet.environments[0];
        call(environment, Ok("up")).await.unwrap();
        fleet.store.behave(Mode::Slow);
        fleet.advance(Duration::from_secs(10));
        drop_hung(environment, ms).await;
        // Another call refreshes them soon, and needs not wait for it. If it was
        // dropped after its look, they are fresh already.
        let policy = environment.policy();
        let soon = 2 * policy.store_timeout;
        fleet.advance(if ms < 10 {
            soon
        } else {
            2 * policy.refresh_after
        });
        fleet.store.behave(Mode::Working);
        call(environment, Ok("up")).await.unwrap();
        let heard = &environment.known().record;
        assert_eq!(*heard, fleet.record().await, "dropped after {ms} ms");
        is_unmarked(&fleet, environment).await;
    }
}

/// What it was about to tell may go uncounted; nothing is counted twice.
#[tokio::test(start_paused = true)]
async fn a_failure_whose_report_is_dropped_is_counted_once_at_most() {
    for ms in MOMENTS_MS {
        let fleet = Fleet::of(1).await;
        let environment = &fleet.environments[0];
        call(environment, Ok("up")).await.unwrap();
        fleet.store.behave(Mode::Slow);
        for _ in 0..3 {
            drop_failing(environment, ms).await;
        }
        is_unmarked(&fleet, environment).await;
        fleet.advance(Duration::from_secs(8));
        call(environment, Ok("up")).await.unwrap();
        let (record, now) = (fleet.record().await, fleet.clock.now());
        let told = record.evidence.total(Epoch(0), environment.policy(), now);
        assert!(told.failures + told.alarms <= 3, "{told:?} after {ms} ms");
        assert!(told.calls <= 25, "{told:?} after {ms} ms");
    }
}

/// Opens the circuit, and lets its open time pass.
async fn half_open(fleet: &Fleet) {
    let environments = &fleet.environments;
    fleet.end_five_times(environments, Outcome::Failure).await;
    fleet.advance(Duration::from_secs(5));
    assert_eq!(
        fleet.record().await.state(fleet.clock.now()),
        State::HalfOpen
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_anywhere_costs_one_lease_at_most() {
    for ms in MOMENTS_MS {
        let fleet = Fleet::of(1).await;
        let environment = &fleet.environments[0];
        half_open(&fleet).await;
        fleet.store.behave(Mode::Slow);
        drop_hung(environment, ms).await;
        drop_hung(environment, ms).await;
        drop_failing_probe_is_not_taken_for_success(&fleet).await;
        fleet.store.behave(Mode::Working);
        fleet.advance(environment.policy().lease_for);
        for _ in 0..environment.policy().successes_to_close {
            let served = call(environment, Ok("up")).await;
            assert_eq!(served, Ok("up"), "dropped after {ms} ms");
        }
        let record = fleet.record().await;
        assert_eq!(record.state(fleet.clock.now()), State::Closed);
    }
}

async fn drop_failing_probe_is_not_taken_for_success(fleet: &Fleet) {
    let record = fleet.record().await;
    if let Phase::HalfOpen {
        successes, leases, ..
    } = &record.phase
    {
        assert_eq!(*successes, 0);
        assert!(leases.len() <= 2);
    }
    assert_eq!(record.state(fleet.clock.now()), State::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_while_it_tells_its_result_never_closes_twice() {
    for ms in MOMENTS_MS {
        let fleet = Fleet::of(1).await;
        let environment = &fleet.environments[0];
        half_open(&fleet).await;
        let probe = environment.admit().await.unwrap();
        assert!(probe.is_probe());
        fleet.store.behave(Mode::Slow);
        let telling = environment.record(probe, Outcome::Success);
        let _ = tokio::time::timeout(Duration::from_millis(ms), telling).await;
        let record = fleet.record().await;
        let Phase::HalfOpen { successes, .. } = record.phase else {
            panic!("{record:?}")
        };
        assert!(successes <= 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_dropped_makes_room_for_another() {
    let fleet = Fleet::of(1).await;
    fleet.promise(50, 100).await;
    let environment = &fleet.environments[0];
    let second = Duration::from_secs(1);
    while environment.admit().await.is_ok() {
        let _ = call(environment, Err("broken socket")).await;
        fleet.live(second, 50, 100).await;
    }
    fleet.live(6 * second, 50, 100).await;
    drop_hung(environment, 5).await;
    let refused = environment.admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::LocalBreakerOpen);
    let patience = environment.policy().probe_timeout;
    fleet.live(patience, 50, 100).await;
    is_unmarked(&fleet, environment).await;
}
