//! What a result says about the health of what lies behind the circuit.

use std::{sync::Arc, time::Duration};

use breaker_core::{Breaker, Outcome, StateStore};
use chrono::{DateTime, Utc};
use contract::{Dependency, Reply, Response, Setback};
use lambda_kit::{
    clock::Clock,
    function::{InvokeError, NotRun},
};

use super::throttling::Throttling;

/// Says what results mean for a circuit.
pub(super) struct Classifier<C> {
    /// Two clocks may be so far apart: for so much longer than the database's
    /// circuit says, this one stays away from it.
    apart: Duration,
    throttling: Throttling<C>,
    clock: Arc<C>,
}

impl<C: Clock> Classifier<C> {
    pub(super) fn of<S, B>(circuit: &Breaker<S, B>, clock: Arc<C>) -> Self
    where
        S: StateStore,
        B: breaker_core::Clock,
    {
        Self {
            apart: circuit.policy().clock_skew.saturating_mul(2),
            throttling: Throttling::new(Arc::clone(&clock)),
            clock,
        }
    }

    pub(super) fn into_function(self) -> impl Fn(&Result<Response, InvokeError>) -> Outcome {
        move |result| self.classify(result.as_ref().map(|response| &response.reply))
    }

    /// A reply that the Retry Lambda could only give with the fallback's help is a
    /// failure of what it stands for. A refusal is work done: the caller's own
    /// mistakes never count against the dependency.
    fn classify(&self, result: Result<&Reply, &InvokeError>) -> Outcome {
        self.throttling.outcome(result, |result| match result {
            Ok(reply) => self.of_reply(reply),
            Err(error) => of_error(error),
        })
    }

    fn of_reply(&self, reply: &Reply) -> Outcome {
        match reply {
            Reply::Served(served) => match served.setback {
                Some(setback) => self.of_setback(setback),
                None if served.source.is_degraded() => Outcome::Failure,
                None => Outcome::Success,
            },
            Reply::Refused(refusal) => refusal
                .setback()
                .map_or(Outcome::Success, |setback| self.of_setback(setback)),
            Reply::Unavailable(unavailable) => {
                match (unavailable.setback, unavailable.dependency) {
                    (Some(setback), _) => self.of_setback(setback),
                    (
                        None,
                        Dependency::Database | Dependency::Cache | Dependency::NothingCached,
                    ) => Outcome::Failure,
                    (None, Dependency::Time) => Outcome::Ignored,
                }
            }
        }
    }

    /// What the database's circuit said. While it is open, trying is in vain; on
    /// its way back it turns calls away that prove nothing.
    fn of_setback(&self, setback: Setback) -> Outcome {
        match setback {
            Setback::Failed { open_until: None } => Outcome::Failure,
            Setback::Failed {
                open_until: Some(until),
            } => Outcome::RetryAfter(self.time_until(until)),
            Setback::Open { until } => Outcome::Withheld(self.time_until(until)),
            Setback::Recovering | Setback::CutShort => Outcome::Ignored,
        }
    }

    fn time_until(&self, until: DateTime<Utc>) -> Duration {
        let left = (until - self.clock.now()).to_std().unwrap_or_default();
        left.saturating_add(self.apart)
    }
}

/// What an attempt without a reply says, unless it was throttled. One request that
/// Lambda does not accept says nothing about the others.
pub(super) fn of_error(error: &InvokeError) -> Outcome {
    match error {
        InvokeError::Unwritable(_)
        | InvokeError::NotRun {
            cause: NotRun::BadRequest,
            ..
        } => Outcome::Ignored,
        InvokeError::Timeout(_)
        | InvokeError::Throttled(_)
        | InvokeError::NotRun { .. }
        | InvokeError::NotConnected
        | InvokeError::NoAnswer(_)
        | InvokeError::Crashed(_)
        | InvokeError::Unreadable(_) => Outcome::Failure,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use breaker_core::{MemoryStore, Policy};
    use contract::{Body, Refusal, Served, Source, Unavailable};
    use lambda_kit::{code::Code, function::Throttle, testing::ManualClock};
    use uuid::Uuid;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn classify(result: &Result<Reply, InvokeError>) -> Outcome {
        let name = "retry".parse().unwrap();
        let circuit = Breaker::builder(name, Policy::default(), MemoryStore::new());
        let clock = Arc::new(ManualClock::at(NOW));
        Classifier::of(&circuit.build().unwrap(), clock).classify(result.as_ref())
    }

    fn served(source: Source, setback: Option<Setback>) -> Reply {
        let body = Body::Deleted { id: Uuid::nil() };
        Reply::Served(Served {
            body,
            source,
            as_of: NOW,
            setback,
        })
    }

    fn unavailable(dependency: Dependency, setback: Option<Setback>) -> Reply {
        Reply::Unavailable(Unavailable {
            dependency,
            reason: String::new(),
            setback,
            unchanged: false,
        })
    }

    #[test]
    fn the_callers_own_mistakes_never_count_as_failures() {
        for refusal in [
            Refusal::not_found(Uuid::nil()),
            Refusal::VersionMismatch { current: 2 },
            Refusal::IdempotencyKeyReused,
            Refusal::StillUnderWay,
        ] {
            assert_eq!(classify(&Ok(Reply::Refused(refusal))), Outcome::Success);
        }
    }

    #[test]
    fn an_answer_that_needed_the_fallback_counts_as_a_failure() {
        let classified = |source| classify(&Ok(served(source, None)));
        assert_eq!(classified(Source::Fallback), Outcome::Failure);
        assert_eq!(classified(Source::Cache), Outcome::Success);
        assert_eq!(classified(Source::Database), Outcome::Success);
    }

    #[test]
    fn a_deadline_of_the_caller_counts_for_nothing_and_a_time_out_of_ours_does() {
        let no_time = unavailable(Dependency::Time, None);
        assert_eq!(classify(&Ok(no_time)), Outcome::Ignored);
        let late = InvokeError::Timeout(Duration::ZERO);
        assert_eq!(classify(&Err(late)), Outcome::Failure);
    }

    #[test]
    fn what_lambda_says_of_one_request_counts_for_nothing_and_of_the_function_it_does() {
        let classified = |error: InvokeError| classify(&Err(error));
        let not_run = |cause| InvokeError::NotRun { code: "", cause };
        assert_eq!(classified(not_run(NotRun::BadRequest)), Outcome::Ignored);
        for error in [
            not_run(NotRun::NotReady),
            not_run(NotRun::Misconfigured),
            InvokeError::NotConnected,
            InvokeError::NoAnswer(Code::UNKNOWN),
            InvokeError::Crashed(Code::UNKNOWN),
        ] {
            let shown = error.to_string();
            assert_eq!(classified(error), Outcome::Failure, "{shown}");
        }
        let throttled = InvokeError::Throttled(Throttle::default());
        assert_eq!(classified(throttled), Outcome::Ignored);
    }

    #[test]
    fn what_the_databases_circuit_says_decides_with_and_without_an_answer() {
        let until = NOW + Duration::from_secs(7);
        let in_8_s = Duration::from_secs(8);
        for (setback, outcome) in [
            (Setback::Failed { open_until: None }, Outcome::Failure),
            (
                Setback::Failed {
                    open_until: Some(until),
                },
                Outcome::RetryAfter(in_8_s),
            ),
            (Setback::Open { until }, Outcome::Withheld(in_8_s)),
            (
                Setback::Open {
                    until: NOW - Duration::from_secs(9),
                },
                Outcome::Withheld(Duration::from_secs(1)),
            ),
            (Setback::Recovering, Outcome::Ignored),
            (Setback::CutShort, Outcome::Ignored),
        ] {
            let fallen_back = served(Source::Fallback, Some(setback));
            assert_eq!(classify(&Ok(fallen_back)), outcome, "{setback:?}");
            let nothing = unavailable(Dependency::Database, Some(setback));
            assert_eq!(classify(&Ok(nothing)), outcome, "{setback:?}");
            let gone = Refusal::not_found(Uuid::nil()).after(Some(setback));
            assert_eq!(classify(&Ok(Reply::Refused(gone))), outcome, "{setback:?}");
        }
    }
}
