//! The moment by which the client's request must be answered.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An absolute moment after which an answer is worthless.
///
/// It is set once, at the edge, and carried through every hop unchanged, so
/// that no hop starts work that nobody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Deadline(DateTime<Utc>);

impl Deadline {
    /// The deadline `budget` after `now`.
    pub fn after(now: DateTime<Utc>, budget: Duration) -> Self {
        Self(now + budget)
    }

    /// The moment itself.
    pub fn at(self) -> DateTime<Utc> {
        self.0
    }

    /// The time left at `now`; zero once the deadline has passed.
    pub fn remaining(self, now: DateTime<Utc>) -> Duration {
        (self.0 - now).to_std().unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_remains_is_never_negative() {
        let start = DateTime::UNIX_EPOCH;
        let deadline = Deadline::after(start, Duration::from_secs(2));
        assert_eq!(deadline.remaining(start), Duration::from_secs(2));
        assert_eq!(
            deadline.remaining(start + Duration::from_secs(3)),
            Duration::ZERO
        );
    }
}
