//! When to try again, and how long to wait before it.
//!
//! Exponential backoff with full jitter: a uniform wait from nothing to
//! min(cap, base · 2ⁿ) (M. Brooker, "Exponential Backoff And Jitter", AWS
//! Architecture Blog, 2015). A budget shared by all requests of this
//! environment keeps retries a small part of the traffic, and nothing is tried
//! again once the circuit's record shows trouble: retries are for a fault that
//! passes, and would meet an outage with a multiple of the traffic. If Lambda had no
//! capacity and says how long to wait, the wait comes before the backoff.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use breaker_core::{Breaker, Snapshot, StateStore};
use contract::{Dependency, Reply, Setback};
use lambda_kit::clock::Clock;
use tower::retry::{
    Policy,
    budget::{Budget, TpsBudget},
};

use super::{Call, PathError};

const BASE: Duration = Duration::from_millis(50);
const CAP: Duration = Duration::from_secs(1);

/// An attempt with less time than this before attempts end is not worth making.
const MIN_ATTEMPT: Duration = Duration::from_millis(250);

/// How long a success or a retry is remembered by the budget.
const BUDGET_TTL: Duration = Duration::from_secs(10);

/// How far retries may go; the default is what is deployed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryLimits {
    /// Attempts at one request at most, the first one included.
    pub attempts: u32,
    /// Retries that each request which needed none earns for others, from 0 to
    /// 1000.
    pub earned: f32,
    /// Retries that an environment may make each second without having earned
    /// them: one with little traffic never would.
    pub reserve_per_s: u32,
    /// No retries from this suspicion on, as a share of what opens the circuit.
    pub suspicion: f64,
}

impl Default for RetryLimits {
    /// Three attempts, a retry for every ten requests, and none once three calls
    /// more have failed than have succeeded under the breaker's default policy.
    fn default() -> Self {
        Self {
            attempts: 3,
            earned: 0.1,
            reserve_per_s: 1,
            suspicion: 0.1,
        }
    }
}

/// How much speaks for an outage, as a share of what opens the circuit.
pub(super) type Suspicion = Arc<dyn Fn() -> f64 + Send + Sync>;

/// What the circuit of `breaker` knows just now.
pub(super) fn suspicion_of<S, B>(breaker: &Breaker<S, B>) -> Suspicion
where
    S: StateStore,
    B: breaker_core::Clock,
{
    let breaker = breaker.clone();
    Arc::new(move || {
        let Snapshot { record, now } = breaker.known();
        record.suspicion(breaker.policy(), now)
    })
}

/// Decides about retries of one request; clones share the budget.
pub(super) struct RetryPolicy<C> {
    attempts: u32,
    limits: RetryLimits,
    suspicion: Suspicion,
    budget: Arc<TpsBudget>,
    clock: Arc<C>,
}

impl<C> Clone for RetryPolicy<C> {
    fn clone(&self) -> Self {
        Self {
            attempts: self.attempts,
            limits: self.limits,
            suspicion: Arc::clone(&self.suspicion),
            budget: Arc::clone(&self.budget),
            clock: Arc::clone(&self.clock),
        }
    }
}

impl<C> RetryPolicy<C> {
    pub(super) fn new(limits: RetryLimits, suspicion: Suspicion, clock: Arc<C>) -> Self {
        let budget = TpsBudget::new(BUDGET_TTL, limits.reserve_per_s, limits.earned);
        Self {
            attempts: 1,
            limits,
            suspicion,
            budget: Arc::new(budget),
            clock,
        }
    }
}

impl<C: Clock> Policy<Call, Reply, PathError> for RetryPolicy<C> {
    type Future = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn retry(
        &mut self,
        call: &mut Call,
        result: &mut Result<Reply, PathError>,
    ) -> Option<Self::Future> {
        if !is_transient(result) {
            // Only what went well earns retries: a circuit's refusal is free.
            if matches!(result, Ok(Reply::Served(_) | Reply::Refused(_))) {
                self.budget.deposit();
            }
            return None;
        }
        let wait = told_to_wait(result) + backoff(self.attempts, fastrand::f64());
        let remaining = call.attempts_end.remaining(self.clock.now());
        if self.attempts >= self.limits.attempts
            || remaining < wait + MIN_ATTEMPT
            || (self.suspicion)() >= self.limits.suspicion
            || !self.budget.withdraw()
        {
            return None;
        }
        self.attempts += 1;
        Some(Box::pin(tokio::time::sleep(wait)))
    }

    fn clone_request(&mut self, call: &Call) -> Option<Call> {
        Some(call.clone())
    }
}

/// Whether another attempt may end better. A refusal by a circuit will not, be it
/// this one or the database's: that is what circuits are for.
fn is_transient(result: &Result<Reply, PathError>) -> bool {
    match result {
        Ok(Reply::Unavailable(unavailable)) => {
            unavailable.dependency == Dependency::Database
                && matches!(
                    unavailable.setback,
                    None | Some(Setback::Failed { open_until: None })
                )
        }
        Ok(Reply::Served(_) | Reply::Refused(_))
        | Err(PathError::Rejected(_) | PathError::ProbeTimedOut | PathError::DeadlineExceeded) => {
            false
        }
        Err(PathError::Inner(error)) => error.is_transient(),
    }
}

/// How long Lambda wants callers to wait, if it had no capacity and says so.
fn told_to_wait(result: &Result<Reply, PathError>) -> Duration {
    let throttle = match result {
        Err(PathError::Inner(error)) => error.throttle(),
        _ => None,
    };
    let wait = throttle.and_then(|throttle| throttle.retry_after);
    wait.unwrap_or_default()
}

/// The wait before attempt `attempts` + 1; `draw` is uniform from 0 to 1.
fn backoff(attempts: u32, draw: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (BASE * 2_u32.pow(doublings)).min(CAP).mul_f64(draw)
}

#[cfg(test)]
mod tests {
    use breaker_core::{Rejection, RejectionReason, State, Timestamp};
    use contract::Unavailable;
    use lambda_kit::function::{InvokeError, Throttle};

    use super::*;

    #[test]
    fn the_wait_is_drawn_from_nothing_up_to_a_bound_that_doubles() {
        let longest = [1, 2, 3, 4, 5, 6, 60].map(|attempt| backoff(attempt, 1.0).as_millis());
        assert_eq!(longest, [50, 100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
    }

    #[test]
    fn only_what_may_end_better_is_tried_again() {
        let setback_of = |dependency, setback| {
            Ok(Reply::Unavailable(Unavailable {
                dependency,
                reason: String::new(),
                setback,
                unchanged: false,
            }))
        };
        let unavailable = |dependency| setback_of(dependency, None);
        let failed =
            |open_until| setback_of(Dependency::Database, Some(Setback::Failed { open_until }));
        let until = chrono::DateTime::UNIX_EPOCH;
        let rejected = Rejection {
            state: State::Open,
            reason: RejectionReason::Open,
            retry_at: Timestamp::default(),
        };
        assert!(is_transient(&unavailable(Dependency::Database)));
        assert!(is_transient(&failed(None)));
        assert!(!is_transient(&failed(Some(until))));
        for held_back in [Setback::Open { until }, Setback::Recovering] {
            let reply = setback_of(Dependency::Database, Some(held_back));
            assert!(!is_transient(&reply), "{held_back:?}");
        }
        let throttled = InvokeError::Throttled(Throttle::default());
        assert!(is_transient(&Err(PathError::Inner(throttled))));
        let late = InvokeError::Timeout(Duration::ZERO);
        assert!(is_transient(&Err(PathError::Inner(late))));
        assert!(!is_transient(&unavailable(Dependency::Time)));
        assert!(!is_transient(&Err(PathError::Rejected(rejected))));
        assert!(!is_transient(&Err(PathError::DeadlineExceeded)));
    }
}
