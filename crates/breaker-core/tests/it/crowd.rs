//! Many calls at once, and many calls a second.

use std::{sync::atomic::Ordering, time::Duration};

use breaker_core::{Clock, Epoch, member::Seeded};

use crate::{
    handle::call,
    support::{Environment, Fleet, Mode},
};

/// So many calls at once on one handle; gives how many succeeded.
async fn at_once(
    environment: &Environment,
    calls: usize,
    reply: Result<&'static str, &'static str>,
) -> usize {
    let tasks: Vec<_> = (0..calls)
        .map(|_| {
            let environment = environment.clone();
            tokio::spawn(async move { call(&environment, reply).await })
        })
        .collect();
    let mut succeeded = 0;
    for task in tasks {
        succeeded += usize::from(task.await.unwrap().is_ok());
    }
    succeeded
}

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_at_once_ask_the_store_once() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    fleet.store.behave(Mode::Slow);
    let asked = || fleet.store.operations.load(Ordering::SeqCst);
    assert_eq!(at_once(environment, 100, Ok("up")).await, 100);
    assert_eq!(asked(), 1, "the first news");
    assert_eq!(at_once(environment, 100, Ok("up")).await, 100);
    assert_eq!(asked(), 1, "they are fresh");
    fleet.advance(environment.policy().refresh_after);
    assert_eq!(at_once(environment, 100, Ok("up")).await, 100);
    assert_eq!(asked(), 2, "one of them refreshes them");
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_calls_at_once_each_is_counted_once() {
    let fleet = Fleet::of(1).await;
    // So much traffic that these failures do not open the circuit.
    fleet.promise(1_000, 100).await;
    let environment = &fleet.environments[0];
    fleet.store.behave(Mode::Slow);
    at_once(environment, 100, Ok("up")).await;
    at_once(environment, 10, Err("down")).await;
    let record = fleet.record().await;
    let total = record
        .evidence
        .total(Epoch(0), environment.policy(), fleet.clock.now());
    assert_eq!((total.calls, total.failures), (110, 10));
    let arrivals: u64 = record.traffic.0.values().map(|told| told.arrivals).sum();
    assert_eq!(arrivals, 60 * 1_000 + 110);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_failures_at_once_open_the_circuit_once() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    call(environment, Ok("up")).await.unwrap();
    fleet.store.behave(Mode::Slow);
    at_once(environment, 100, Err("down")).await;
    assert_eq!(fleet.record().await.epoch, Epoch(1));
    assert_eq!(environment.known().record.epoch, Epoch(1));
}

/// Of 10,000 calls a second 75 are evidence, drawn before it is known what
/// becomes of them.
#[tokio::test]
async fn a_large_fleet_is_judged_by_a_sample_of_its_calls() {
    let fleet = Fleet::of(0).await;
    fleet.promise(10_000, 1_000).await;
    let environment = fleet.builder().entropy(Seeded::new(7)).build().unwrap();
    let writes = || fleet.store.writes.load(Ordering::SeqCst);
    call(&environment, Ok("up")).await.unwrap();
    let before = writes();
    let (calls, mut failures) = (100_000, 0_u64);
    for number in 0..calls {
        let reply = if number % 10 == 0 {
            Err("down")
        } else {
            Ok("up")
        };
        failures += u64::from(reply.is_err());
        let _ = call(&environment, reply).await;
        if number % 10 == 0 {
            fleet.advance(Duration::from_millis(1));
        }
    }
    let record = fleet.record().await;
    assert_eq!(record.epoch, Epoch(0), "a tenth of failures is no outage");
    let now = fleet.clock.now();
    let told = record.evidence.total(Epoch(0), environment.policy(), now);
    let expected = failures * 75 / 10_000;
    let near = |count: u64| (expected / 2..=2 * expected).contains(&count);
    assert!(near(told.failures), "{} of {failures}", told.failures);
    assert!(near(writes() - before), "{} writes", writes() - before);
    let rate = told.failure_rate().unwrap();
    assert!((0.05..=0.15).contains(&rate), "{rate}");
}
