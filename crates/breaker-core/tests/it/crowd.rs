//! Many calls at once, and many calls a second.

use std::{sync::atomic::Ordering, time::Duration};

use breaker_core::{Clock, Epoch, Policy, member::Seeded, protocol::Counts};

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
    assert_eq!(asked(), 3, "one of them refreshes them, and tells of all");
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_calls_at_once_each_is_counted_once() {
    let fleet = Fleet::of(1).await;
    // So much traffic that these failures do not open the circuit.
    fleet.promise(1_000, 100).await;
    // Each contact is a heartbeat, so that none must be drawn.
    let policy = Policy {
        heartbeats_per_s: 10.0,
        ..Policy::default()
    };
    let environment = &fleet.builder_with(policy).build().unwrap();
    fleet.store.behave(Mode::Slow);
    let told = || async {
        let (record, now) = (fleet.record().await, fleet.clock.now());
        let arrivals = record.traffic.0.values().map(|told| told.arrivals);
        let arrivals: u64 = arrivals.sum();
        let counts = record.evidence.total(Epoch(0), environment.policy(), now);
        (counts, arrivals - 60 * 1_000)
    };
    at_once(environment, 100, Ok("up")).await;
    at_once(environment, 10, Err("down")).await;
    let alarms = Counts {
        alarms: 10,
        ..Counts::default()
    };
    assert_eq!(told().await, (alarms, 110), "successes are not told");
    // Now that it knows of the suspicion it tells of all.
    at_once(environment, 100, Ok("up")).await;
    // Nobody tells more than 75 calls in a slot, and a few that are on their way.
    fleet.advance(Duration::from_millis(500));
    at_once(environment, 10, Err("down")).await;
    let all = Counts {
        calls: 110,
        failures: 10,
        ..alarms
    };
    assert_eq!(told().await, (all, 220));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_failures_at_once_open_the_circuit_once() {
    let fleet = Fleet::of(1).await;
    let environment = &fleet.environments[0];
    call(environment, Ok("up")).await.unwrap();
    fleet.store.behave(Mode::Slow);
    at_once(environment, 100, Err("down")).await;
    for _ in 0..3 {
        assert_eq!(fleet.record().await.epoch, Epoch(0), "it may be over");
        fleet.advance(Duration::from_millis(500));
        at_once(environment, 100, Err("down")).await;
    }
    assert_eq!(fleet.record().await.epoch, Epoch(1));
    assert_eq!(environment.known().record.epoch, Epoch(1));
}

/// Of 3,000 calls a second 75 are evidence, and fewer while little speaks for an
/// outage; they are drawn before it is known what becomes of them.
#[tokio::test]
async fn a_large_fleet_is_judged_by_a_sample_of_its_calls() {
    // So many of a hundred fail; it takes so much evidence; so many calls a
    // second may be told.
    for (bad, evidence_bound, least, most) in [(10, 11.0, 1, 10), (63, 100.0, 30, 100)] {
        let fleet = Fleet::of(0).await;
        fleet.promise(3_000, 1_000).await;
        let policy = Policy {
            evidence_bound,
            ..Policy::default()
        };
        let builder = fleet.builder_with(policy).entropy(Seeded::new(7));
        let environment = builder.build().unwrap();
        let writes = || fleet.store.writes.load(Ordering::SeqCst);
        let mut before = 0;
        for number in 0..90_000 {
            if number == 60_000 {
                before = writes();
            }
            let failed = number * 37 % 100 < bad;
            let reply = if failed { Err("down") } else { Ok("up") };
            let _ = call(&environment, reply).await;
            if number % 3 == 0 {
                fleet.advance(Duration::from_millis(1));
            }
        }
        let (record, now) = (fleet.record().await, fleet.clock.now());
        assert_eq!(record.epoch, Epoch(0), "there is too little evidence");
        // Its slots are of the last ten seconds.
        let told = record.evidence.total(Epoch(0), environment.policy(), now);
        assert!((10 * least..=10 * most).contains(&told.calls), "{told:?}");
        let written = writes() - before;
        assert!(written <= 12 * most, "{written} writes of {told:?}");
        if bad == 63 {
            let rate = told.failure_rate().unwrap();
            assert!((0.57..=0.69).contains(&rate), "{rate} of {told:?}");
        }
    }
}
