//! Other circuit breakers, each with its own defaults and called as its own
//! documentation shows.

use std::time::Duration;

use failsafe::{CircuitBreaker as _, backoff, failure_policy};
use recloser::Recloser;
use tower::{Service as _, ServiceExt as _, service_fn};
use tower_resilience_circuitbreaker::CircuitBreakerLayer;

use crate::{
    rounds::{Group, measure, measure_future},
    succeed,
};

pub(crate) fn recloser(group: &mut Group<'_>, threads: usize) {
    let breaker = Recloser::default();
    measure(group, threads, "recloser", |value| {
        breaker.call(|| succeed(value)).ok()
    });
}

pub(crate) fn failsafe_consecutive(group: &mut Group<'_>, threads: usize) {
    let policy = failure_policy::consecutive_failures(5, backoff());
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    measure(group, threads, "failsafe, consecutive", |value| {
        breaker.call(|| succeed(value)).ok()
    });
}

pub(crate) fn failsafe_ewma(group: &mut Group<'_>, threads: usize) {
    let window = Duration::from_secs(30);
    let policy = failure_policy::success_rate_over_time_window(0.8, 5, window, backoff());
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    measure(group, threads, "failsafe, success rate", |value| {
        breaker.call(|| succeed(value)).ok()
    });
}

fn backoff() -> backoff::EqualJittered {
    backoff::equal_jittered(Duration::from_secs(10), Duration::from_mins(5))
}

#[expect(clippy::expect_used, reason = "its defaults are valid")]
pub(crate) fn tower_resilience(group: &mut Group<'_>, threads: usize) {
    let layer = CircuitBreakerLayer::builder().build().expect("defaults");
    let service = layer.layer_fn(service_fn(async |value| succeed(value)));
    measure_future(
        group,
        threads,
        "tower-resilience",
        &service,
        async |service, value| service.ready().await.ok()?.call(value).await.ok(),
    );
}
