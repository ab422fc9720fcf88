//! What became of a call, and what it counts as.

use std::time::Duration;

use crate::{policy::Policy, protocol::Counts};

/// What a call says about the dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The dependency did its work. "Not found" and "conflict" are work done.
    /// If it took [`Policy::slow_call_after`](crate::Policy::slow_call_after)
    /// or longer, the call counts as slow.
    Success,
    /// The dependency failed.
    Failure,
    /// The dependency failed and said how long it wants to be left alone.
    RetryAfter(Duration),
    /// Another circuit on the way did not let the call through, and will not for
    /// so long: the dependency was not even asked. Counts like a failure, but a
    /// probe that meets it has not failed: the circuit opens again for as long as
    /// the other one says, and not for longer than the last time.
    Withheld(Duration),
    /// The dependency was too slow, whether or not it did its work.
    Slow,
    /// The call says nothing about the dependency: the caller's own mistake,
    /// or the caller's own deadline was too short.
    Ignored,
}

impl Outcome {
    /// Takes every `Ok` for a success and every `Err` for a failure.
    pub fn from_result<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Success,
            Err(_) => Self::Failure,
        }
    }

    /// What a call that took `took` counts as; `None` if it is no evidence.
    pub(crate) fn counts(self, took: Duration, policy: &Policy) -> Option<Counts> {
        let slow = took >= policy.slow_call_after;
        let (failed, slow) = match self {
            Self::Success => (false, slow),
            Self::Failure | Self::RetryAfter(_) | Self::Withheld(_) => (true, slow),
            Self::Slow => (false, true),
            Self::Ignored => return None,
        };
        Some(Counts {
            calls: 1,
            failures: u64::from(failed),
            slow: u64::from(slow),
            both: u64::from(failed && slow),
            alarms: 0,
        })
    }

    /// How long the dependency, or a circuit before it, asked to be left alone.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::RetryAfter(duration) | Self::Withheld(duration) => Some(duration),
            Self::Success | Self::Failure | Self::Slow | Self::Ignored => None,
        }
    }
}
