//! What a result says about the health of what lies behind the circuit.

use std::{sync::Arc, time::Duration};

use breaker_core::{Breaker, Outcome, StateStore};
use chrono::{DateTime, Utc};
use contract::{Dependency, Reply, Response, Setback};
use lambda_kit::{clock::Clock, function::InvokeError};

use super::AttemptError;

/// Says what results mean for a circuit.
pub(super) struct Classifier<C> {
    /// Two clocks may be so far apart: for so much longer than the database's
    /// circuit says, this one stays away from it.
    apart: Duration,
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
            clock,
        }
    }

    pub(super) fn into_function(self) -> impl Fn(&Result<Response, AttemptError>) -> Outcome {
        move |result| self.classify(result.as_ref().map(|response| &response.reply))
    }

    /// A reply that the Retry Lambda could only give with the fallback's help is a
    /// failure of what it stands for. A refusal is work done: the caller's own
    /// mistakes never count against the dependency.
    fn classify(&self, result: Result<&Reply, &AttemptError>) -> Outcome {
        match result {
            Ok(Reply::Served(served)) => match served.setback {
                Some(setback) => self.of_setback(setback),
                None if served.source.is_degraded() => Outcome::Failure,
                None => Outcome::Success,
            },
            Ok(Reply::Refused(refusal)) => refusal
                .setback()
                .map_or(Outcome::Success, |setback| self.of_setback(setback)),
            Ok(Reply::Unavailable(unavailable)) => {
                match (unavailable.setback, unavailable.dependency) {
                    (Some(setback), _) => self.of_setback(setback),
                    (
                        None,
                        Dependency::Database | Dependency::Cache | Dependency::NothingCached,
                    ) => Outcome::Failure,
                    (None, Dependency::Time) => Outcome::Ignored,
                }
            }
            Err(
                AttemptError::DeadlineReached | AttemptError::Invoke(InvokeError::Unwritable(_)),
            ) => Outcome::Ignored,
            Err(AttemptError::TimedOut | AttemptError::Invoke(_)) => Outcome::Failure,
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use breaker_core::{MemoryStore, Policy};
    use contract::{Body, Refusal, Served, Source, Unavailable};
    use lambda_kit::testing::ManualClock;
    use uuid::Uuid;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn classify(result: &Result<Reply, AttemptError>) -> Outcome {
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
        assert_eq!(
            classify(&Err(AttemptError::DeadlineReached)),
            Outcome::Ignored
        );
        assert_eq!(classify(&Err(AttemptError::TimedOut)), Outcome::Failure);
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
