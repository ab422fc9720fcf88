//! Records that cannot be true: written by a clock that was wrong, or by hand.

use std::{collections::BTreeMap, time::Duration};

use breaker_core::{
    Cause, Change, Clock, RejectionReason, StateStore, Timestamp,
    protocol::{Lease, OnBehalf, Phase},
};
use proptest::prelude::*;

use crate::{
    handle::call,
    support::{Fleet, START, name, owner},
};

/// The first of January 2150.
const FAR: Timestamp = Timestamp::from_unix_ms(5_680_281_600_000);

fn open(since: Timestamp, until: Timestamp) -> Phase {
    Phase::Open {
        since,
        opened: since,
        until,
        reopens: 0,
        doubt: 0,
    }
}

fn half_open(since: Timestamp, expires: Timestamp) -> Phase {
    let lease = |number| Lease {
        owner: owner(number),
        expires,
    };
    Phase::HalfOpen {
        since,
        opened: since,
        reopens: 0,
        doubt: 0,
        successes: 0,
        failures: 0,
        leases: BTreeMap::from([(0, lease(1)), (1, lease(2))]),
    }
}

fn closed(since: Timestamp, suspected: Timestamp) -> Phase {
    Phase::Closed {
        since,
        opened: START,
        doubt: 0,
        suspected: Some(suspected),
    }
}

/// Phases in which one time, or both, lie at `at`.
fn phases(at: Timestamp) -> Vec<Phase> {
    [open, half_open, closed]
        .into_iter()
        .flat_map(|phase| [phase(START, at), phase(at, START), phase(at, at)])
        .collect()
}

/// A fleet of which one process knew that all was well before the record became
/// like this, and one has known nothing.
async fn that_finds(phase: Phase) -> Fleet {
    let mut fleet = Fleet::of(1).await;
    call(&fleet.environments[0], Ok("up")).await.unwrap();
    let to_phase = Change::Transition {
        to: phase,
        cause: Cause::ProbeFailed,
        on_behalf: OnBehalf::Fleet,
    };
    let (basis, now, circuit) = (fleet.record().await, fleet.clock.now(), name("orders"));
    let written = fleet.store.inner.apply(&circuit, &basis, &to_phase, now);
    written.await.unwrap();
    fleet.environments.push(fleet.environment());
    fleet
}

/// Runs a rule for some times, all of them in one runtime whose time stands
/// still.
fn always(times: impl Strategy<Value = Timestamp>, rule: impl AsyncFn(Timestamp)) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    proptest!(ProptestConfig::with_cases(16), |(at in times)| {
        runtime.block_on(rule(at));
    });
}

#[test]
fn a_record_from_days_ahead_never_holds_calls_back() {
    let two_days = START + Duration::from_hours(48);
    let times = prop_oneof![
        Just(FAR),
        Just(Timestamp::from_unix_ms(u64::MAX)),
        (two_days.as_unix_ms()..u64::MAX).prop_map(Timestamp::from_unix_ms),
    ];
    always(times, async |at| {
        for phase in phases(at) {
            let fleet = that_finds(phase.clone()).await;
            for second in 0..300 {
                for environment in &fleet.environments {
                    let served = call(environment, Ok("up")).await;
                    assert_eq!(served, Ok("up"), "{phase:?} after {second} s");
                }
                fleet.advance(Duration::from_secs(1));
            }
        }
    });
}

#[test]
fn a_circuit_is_open_for_no_longer_than_the_policy_allows_whatever_the_record_says() {
    let ahead = 3_600_000_u64..86_400_000;
    let times = ahead.prop_map(|ms| START + Duration::from_millis(ms));
    always(times, async |until| {
        let fleet = that_finds(open(START, until)).await;
        let policy = fleet.environments[0].policy();
        let longest = policy.open_for_max.mul_f64(1.0 + policy.open_jitter);
        for environment in &fleet.environments {
            environment.inspect().await.unwrap();
            let refused = environment.admit().await.unwrap_err();
            assert_eq!(refused.reason, RejectionReason::Open);
            assert_eq!(refused.retry_at, START + longest);
        }
        fleet.advance(longest);
        for environment in &fleet.environments {
            assert_eq!(call(environment, Ok("up")).await, Ok("up"));
        }
    });
}
