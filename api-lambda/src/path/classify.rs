//! What a result says about the health of what lies behind the circuit.

use breaker_core::Outcome;
use contract::{Dependency, Reply};
use lambda_kit::function::InvokeError;

use super::AttemptError;

/// A reply that the Retry Lambda could only give with the fallback's help is a
/// failure of what it stands for. A refusal is work done: the caller's own
/// mistakes never count against the dependency.
pub(super) fn classify(result: &Result<Reply, AttemptError>) -> Outcome {
    match result {
        Ok(Reply::Served(served)) if served.source.is_degraded() => Outcome::Failure,
        Ok(Reply::Served(_) | Reply::Refused(_)) => Outcome::Success,
        Ok(Reply::Unavailable(unavailable)) => match unavailable.dependency {
            Dependency::Database | Dependency::Cache | Dependency::NothingCached => {
                Outcome::Failure
            }
            Dependency::Time => Outcome::Ignored,
        },
        Err(AttemptError::DeadlineReached | AttemptError::Invoke(InvokeError::Unwritable(_))) => {
            Outcome::Ignored
        }
        Err(AttemptError::TimedOut | AttemptError::Invoke(_)) => Outcome::Failure,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use contract::{Body, Refusal, Served, Source, Unavailable};
    use uuid::Uuid;

    use super::*;

    fn served(source: Source) -> Reply {
        let body = Body::Deleted { id: Uuid::nil() };
        Reply::Served(Served {
            body,
            source,
            as_of: DateTime::UNIX_EPOCH,
        })
    }

    #[test]
    fn the_callers_own_mistakes_never_count_as_failures() {
        for refusal in [
            Refusal::NotFound { id: Uuid::nil() },
            Refusal::VersionMismatch { current: 2 },
            Refusal::IdempotencyKeyReused,
            Refusal::StillUnderWay,
        ] {
            assert_eq!(classify(&Ok(Reply::Refused(refusal))), Outcome::Success);
        }
    }

    #[test]
    fn an_answer_that_needed_the_fallback_counts_as_a_failure() {
        assert_eq!(classify(&Ok(served(Source::Fallback))), Outcome::Failure);
        assert_eq!(classify(&Ok(served(Source::Cache))), Outcome::Success);
        assert_eq!(classify(&Ok(served(Source::Database))), Outcome::Success);
    }

    #[test]
    fn a_deadline_of_the_caller_counts_for_nothing_and_a_time_out_of_ours_does() {
        let no_time = Unavailable {
            dependency: Dependency::Time,
            reason: String::new(),
        };
        assert_eq!(classify(&Ok(Reply::Unavailable(no_time))), Outcome::Ignored);
        assert_eq!(
            classify(&Err(AttemptError::DeadlineReached)),
            Outcome::Ignored
        );
        assert_eq!(classify(&Err(AttemptError::TimedOut)), Outcome::Failure);
    }
}
