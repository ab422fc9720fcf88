//! Throttled by Lambda: back-pressure at first, an outage when it lasts.
//!
//! What a throttle counts for the circuit, and why, is in
//! `docs/decisions/0018-throttled-by-lambda.md`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use breaker_core::Outcome;
use chrono::{DateTime, Utc};
use lambda_kit::{
    clock::Clock,
    function::{InvokeError, Throttle},
};

/// A process that has met nothing but throttles for longer than this counts them.
/// Lambda gives a function up to 1,000 environments more every 10 s, so what that can
/// end has ended by then.
const LASTS: Duration = Duration::from_secs(10);

/// Throttles with a longer pause between them are two episodes: nothing was tried in
/// the pause.
const PAUSE: Duration = Duration::from_mins(1);

/// A time in which this process has met nothing but throttles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Episode {
    began: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Episode {
    /// The episode that a throttle at `now` belongs to. A clock that was set back
    /// begins a new one.
    fn at(now: DateTime<Utc>, before: Option<Self>) -> Self {
        let goes_on = |before: &Self| (now - before.last).to_std().is_ok_and(|gap| gap <= PAUSE);
        let began = before.filter(goes_on).map_or(now, |before| before.began);
        Self { began, last: now }
    }

    fn lasts(self) -> bool {
        let lasted = (self.last - self.began).to_std();
        lasted.is_ok_and(|lasted| lasted > LASTS)
    }
}

/// What this process has met of throttles by one function.
pub(super) struct Throttling<C> {
    episode: Mutex<Option<Episode>>,
    clock: Arc<C>,
}

impl<C: Clock> Throttling<C> {
    pub(super) fn new(clock: Arc<C>) -> Self {
        Self {
            episode: Mutex::default(),
            clock,
        }
    }

    /// The outcome of a call: `otherwise`, unless it was throttled.
    pub(super) fn outcome<T>(
        &self,
        result: Result<T, &InvokeError>,
        otherwise: impl FnOnce(Result<T, &InvokeError>) -> Outcome,
    ) -> Outcome {
        if let Some(throttle) = result.as_ref().err().and_then(|error| error.throttle()) {
            return self.met(throttle);
        }
        let outcome = otherwise(result);
        // Lambda ran the function. What counts for nothing does not show that.
        if outcome != Outcome::Ignored {
            self.change(|_| None);
        }
        outcome
    }

    fn met(&self, throttle: Throttle) -> Outcome {
        let now = self.clock.now();
        let episode = self.change(|before| Some(Episode::at(now, before)));
        let lasts = episode.is_some_and(Episode::lasts);
        tracing::info!(reason = throttle.reason, lasts, "throttled by Lambda");
        if lasts {
            Outcome::Withheld(throttle.wait())
        } else {
            Outcome::Ignored
        }
    }

    fn change(&self, change: impl FnOnce(Option<Episode>) -> Option<Episode>) -> Option<Episode> {
        let mut episode = self.episode.lock().unwrap_or_else(PoisonError::into_inner);
        *episode = change(*episode);
        *episode
    }
}

#[cfg(test)]
mod tests {
    use lambda_kit::testing::ManualClock;

    use super::*;

    const WAIT: Duration = Duration::from_secs(3);

    fn throttled() -> InvokeError {
        let throttle = Throttle {
            retry_after: Some(WAIT),
            ..Throttle::default()
        };
        InvokeError::Throttled(throttle)
    }

    /// What each step, so many seconds after the one before, counts for.
    fn outcomes(steps: &[(u64, Result<Outcome, InvokeError>)]) -> Vec<Outcome> {
        let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        let throttling = Throttling::new(Arc::clone(&clock));
        let steps = steps.iter().map(|(seconds, result)| {
            clock.advance(Duration::from_secs(*seconds));
            throttling.outcome(result.as_ref(), |result| {
                *result.unwrap_or(&Outcome::Failure)
            })
        });
        steps.collect()
    }

    const LASTING: Outcome = Outcome::Withheld(WAIT);

    #[test]
    fn throttles_count_once_nothing_else_has_been_met_for_ten_seconds() {
        let every_5_s = (0..5).map(|_| (5, Err(throttled())));
        let counted = outcomes(&every_5_s.collect::<Vec<_>>());
        let ignored = Outcome::Ignored;
        assert_eq!(counted, [ignored, ignored, ignored, LASTING, LASTING]);
    }

    #[test]
    fn whatever_shows_that_the_function_ran_begins_anew() {
        for between in [Outcome::Success, Outcome::Failure, Outcome::Slow] {
            let throttle = |seconds| (seconds, Err(throttled()));
            let counted = outcomes(&[throttle(0), throttle(9), (1, Ok(between)), throttle(1)]);
            assert_eq!(counted[3], Outcome::Ignored, "{between:?}");
        }
        let nothing = (1, Ok(Outcome::Ignored));
        let counted = outcomes(&[(0, Err(throttled())), nothing, (10, Err(throttled()))]);
        assert_eq!(counted[2], LASTING);
    }

    #[test]
    fn an_environment_that_slept_between_two_throttles_has_not_met_them_for_so_long() {
        for (pause, expected) in [
            (60, LASTING),
            (61, Outcome::Ignored),
            (86_400, Outcome::Ignored),
        ] {
            let counted = outcomes(&[(0, Err(throttled())), (pause, Err(throttled()))]);
            assert_eq!(counted[1], expected, "{pause} s");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_begins_anew() {
        let later = DateTime::UNIX_EPOCH + Duration::from_hours(1);
        let before = Episode::at(later, None);
        let now = later - Duration::from_secs(30);
        assert_eq!(Episode::at(now, Some(before)), Episode::at(now, None));
    }
}
