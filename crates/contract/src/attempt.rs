//! Who was asked on the way to an answer, and what became of it.

use serde::{Deserialize, Serialize};

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    /// Whom it was made at.
    pub target: Target,
    /// What became of it.
    pub outcome: AttemptOutcome,
    /// When it began, in milliseconds after the request arrived.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub duration_ms: u64,
    /// What it was made up of, as far as the function at the other end tells: whom
    /// that asked in turn. It has a clock of its own, so these are shown in the
    /// middle, as if the way there took as long as the way back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub attempts: Vec<Self>,
}

/// Whom an attempt is made at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The Retry Lambda.
    Retry,
    /// The Fallback Lambda.
    Fallback,
    /// The database, asked by the Retry Lambda.
    Database,
    /// The cache, asked or told by one of the two.
    Cache,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// It gave the answer.
    Ok,
    /// It gave an answer that is second best.
    Degraded,
    /// It was well and had nothing that could be used.
    Miss,
    /// The answer was that the client cannot have what it asked for.
    Refused,
    /// It replied that something behind it is in trouble.
    Unavailable,
    /// It did not reply in time.
    Timeout,
    /// It could not be made, or ended without a reply.
    Error,
    /// The circuit did not admit it.
    Rejected,
}

impl Attempt {
    /// An attempt with those that it was made up of, whose beginnings are counted
    /// from a moment within it that nobody here knows.
    pub fn made_of(
        target: Target,
        outcome: AttemptOutcome,
        started_ms: u64,
        duration_ms: u64,
        mut attempts: Vec<Self>,
    ) -> Self {
        let ends = attempts.iter().map(Self::end_ms);
        let spare_ms = duration_ms.saturating_sub(ends.max().unwrap_or_default());
        for attempt in &mut attempts {
            attempt.postpone(started_ms.saturating_add(spare_ms / 2));
        }
        Self {
            target,
            outcome,
            started_ms,
            duration_ms,
            attempts,
        }
    }

    fn end_ms(&self) -> u64 {
        self.started_ms.saturating_add(self.duration_ms)
    }

    fn postpone(&mut self, by_ms: u64) {
        self.started_ms = self.started_ms.saturating_add(by_ms);
        for attempt in &mut self.attempts {
            attempt.postpone(by_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(started_ms: u64, duration_ms: u64, attempts: Vec<Attempt>) -> Attempt {
        let (target, outcome) = (Target::Cache, AttemptOutcome::Ok);
        Attempt::made_of(target, outcome, started_ms, duration_ms, attempts)
    }

    fn beginnings(attempt: &Attempt) -> Vec<u64> {
        let mut all = vec![attempt.started_ms];
        all.extend(attempt.attempts.iter().flat_map(beginnings));
        all
    }

    #[test]
    fn what_an_attempt_was_made_of_lies_in_its_middle() {
        let inner = vec![attempt(1, 2, Vec::new()), attempt(4, 6, Vec::new())];
        assert_eq!(beginnings(&attempt(100, 20, inner)), [100, 106, 109]);
    }

    #[test]
    fn what_is_deeper_moves_along() {
        let middle = attempt(0, 10, vec![attempt(0, 2, Vec::new())]);
        assert_eq!(beginnings(&attempt(50, 30, vec![middle])), [50, 60, 64]);
    }

    #[test]
    fn what_seems_to_take_longer_than_the_whole_begins_with_it() {
        let inner = vec![attempt(0, u64::MAX, Vec::new())];
        assert_eq!(beginnings(&attempt(7, 3, inner)), [7, 7]);
    }
}
