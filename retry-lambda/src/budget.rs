//! Dividing the time before a deadline among the steps of an answer.

use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::Deadline;
use lambda_runtime::Context;

/// What is kept back for the reply to travel.
const MARGIN: Duration = Duration::from_millis(50);

/// What the database leaves for the Fallback Lambda, so that a read from a
/// database that hangs can still be answered.
const FALLBACK_SHARE: Duration = Duration::from_millis(700);

/// The most that the Fallback Lambda gets. It needs a hundredth of that, unless
/// it starts cold; with the database's own limit before it, it still ends within
/// one attempt of the API Lambda.
const FALLBACK_LIMIT: Duration = Duration::from_millis(1_200);

/// The time within which a request must be answered.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    deadline: Deadline,
}

impl Budget {
    /// Ends when the client stops waiting or Lambda ends the invocation,
    /// whichever comes first.
    pub fn until(client_waits_until: Deadline, invocation_ends_at: Deadline) -> Self {
        Self {
            deadline: client_waits_until.min(invocation_ends_at),
        }
    }

    /// The time left at `now`; `None` if there is too little to do anything.
    pub fn left(self, now: DateTime<Utc>) -> Option<Duration> {
        let left = self.deadline.remaining(now).saturating_sub(MARGIN);
        (!left.is_zero()).then_some(left)
    }

    /// What a read may spend in the database: all but the fallback's share, but
    /// at least half of what is left.
    pub fn for_database_read(self, now: DateTime<Utc>) -> Option<Duration> {
        let left = self.left(now)?;
        Some(left.saturating_sub(FALLBACK_SHARE).max(left / 2))
    }

    /// What a read may spend waiting for another one's answer: an eighth of what
    /// is left, so that the database can still be asked afterwards.
    pub fn for_waiting(self, now: DateTime<Utc>) -> Duration {
        self.left(now).unwrap_or_default() / 8
    }

    /// What asking the Fallback Lambda may take.
    pub fn for_fallback(self, now: DateTime<Utc>) -> Option<Duration> {
        Some(self.left(now)?.min(FALLBACK_LIMIT))
    }
}

/// The most that Lambda gives an invocation.
const LONGEST_INVOCATION: Duration = Duration::from_mins(15);

/// When Lambda ends the invocation that has just begun.
///
/// An end that has passed already is none: cargo-lambda's runtime API, which does not
/// know it, names one in 1970.
pub fn deadline_of(context: &Context, now: DateTime<Utc>) -> Deadline {
    let told = Duration::from_millis(context.deadline);
    let told = Deadline::after(DateTime::UNIX_EPOCH, told);
    if told.remaining(now).is_zero() {
        Deadline::after(now, LONGEST_INVOCATION)
    } else {
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn budget(ms: u64) -> Budget {
        let deadline = Deadline::after(NOW, Duration::from_millis(ms));
        Budget::until(deadline, Deadline::after(NOW, Duration::from_hours(1)))
    }

    #[test]
    fn an_end_in_the_past_is_no_end() {
        let now = NOW + Duration::from_hours(1);
        let ends = |deadline: Duration| {
            let mut context = Context::default();
            context.deadline = u64::try_from(deadline.as_millis()).unwrap();
            deadline_of(&context, now).remaining(now)
        };
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        assert_eq!(ends(hour + second), second);
        assert_eq!(ends(hour), LONGEST_INVOCATION);
        assert_eq!(ends(Duration::from_mins(10)), LONGEST_INVOCATION);
    }

    #[test]
    fn the_sooner_end_counts() {
        let soon = Deadline::after(NOW, Duration::from_millis(150));
        let late = Deadline::after(NOW, Duration::from_secs(9));
        let expected = Some(Duration::from_millis(100));
        assert_eq!(Budget::until(soon, late).left(NOW), expected);
        assert_eq!(Budget::until(late, soon).left(NOW), expected);
    }

    #[test]
    fn nothing_is_started_that_nobody_waits_for() {
        assert_eq!(budget(50).left(NOW), None);
        assert_eq!(budget(50).for_database_read(NOW), None);
        assert_eq!(budget(0).left(NOW), None);
    }

    #[test]
    fn the_fallback_gets_what_is_left_but_not_all_of_a_long_time() {
        let (some, plenty) = (budget(250), budget(9_050));
        assert_eq!(some.for_fallback(NOW), Some(Duration::from_millis(200)));
        assert_eq!(plenty.for_fallback(NOW), Some(FALLBACK_LIMIT));
        assert_eq!(budget(50).for_fallback(NOW), None);
    }

    #[test]
    fn waiting_takes_a_small_part_of_what_is_left() {
        assert_eq!(budget(850).for_waiting(NOW), Duration::from_millis(100));
        assert_eq!(budget(50).for_waiting(NOW), Duration::ZERO);
    }

    #[test]
    fn a_read_leaves_time_for_the_fallback() {
        let ample = budget(3_050).for_database_read(NOW);
        assert_eq!(ample, Some(Duration::from_millis(2_300)));
        let scarce = budget(1_050).for_database_read(NOW);
        assert_eq!(scarce, Some(Duration::from_millis(500)));
    }
}
