//! How long an entry may stand in for the database.

use std::{str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use contract::CacheEntry;

/// How long an entry may stand in for the database: from 1 ms to 5 s.
///
/// This is the bound of a promise, so it is short, and no stage can make it long: a
/// read that is not called degraded shows every write that was acknowledged this long
/// before it, also if the cache took neither the new value nor the removal of the old
/// one, or lost either. Nothing but an entry's age tells a reader of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    longest: Duration,
}

/// A freshness that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", Freshness::EXPECTED)]
pub struct FreshnessError;

impl Freshness {
    /// The longest that can be set.
    pub const LONGEST: Duration = Duration::from_secs(5);
    /// What [`Freshness::from_str`] accepts, in words.
    pub const EXPECTED: &str = "a whole number of milliseconds from 1 to 5000";

    /// At most `longest`, and at most [`Freshness::LONGEST`]; each entry gets up to a
    /// fifth less at random, so that entries made together do not expire together.
    pub fn at_most(longest: Duration) -> Self {
        Self {
            longest: longest.min(Self::LONGEST),
        }
    }

    pub(super) fn of_new_entry(self) -> Duration {
        self.longest.mul_f64(1.0 - 0.2 * fastrand::f64())
    }

    /// Whether an entry, whoever wrote it, stands in for the database at `now`.
    pub(super) fn covers(self, entry: &CacheEntry, now: DateTime<Utc>) -> bool {
        entry.is_fresh(now, self.longest)
    }
}

impl Default for Freshness {
    fn default() -> Self {
        Self::at_most(Duration::from_secs(2))
    }
}

impl FromStr for Freshness {
    type Err = FreshnessError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let longest = Duration::from_millis(text.parse().map_err(|_| FreshnessError)?);
        if longest.is_zero() || longest > Self::LONGEST {
            return Err(FreshnessError);
        }
        Ok(Self { longest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stage_can_make_the_promise_a_long_one() {
        for text in ["0", "5001", "30000", "-1", "1.5", "2s", ""] {
            assert_eq!(text.parse::<Freshness>(), Err(FreshnessError), "{text}");
        }
        let longest = Freshness::at_most(Freshness::LONGEST);
        assert_eq!("5000".parse(), Ok(longest));
        assert_eq!(Freshness::at_most(Duration::from_secs(30)), longest);
        assert_eq!("2000".parse(), Ok(Freshness::default()));
    }

    #[test]
    fn each_entry_gets_at_most_a_fifth_less() {
        let freshness = Freshness::default();
        for _ in 0..1_000 {
            let given = freshness.of_new_entry();
            assert!(given <= Duration::from_secs(2), "{given:?}");
            assert!(given >= Duration::from_millis(1_600), "{given:?}");
        }
    }
}
