//! How long a run takes: long enough for what happens in it, and no longer
//! than can be simulated thousands of times.

use crate::random::Draw;

/// About how many calls a run has at most.
const MOST_CALLS: f64 = 400_000.0;
/// Before and after an event a fleet has so many calls, however rare they are.
const CALLS_BEFORE: f64 = 60.0;
const CALLS_DURING: f64 = 60.0;
const CALLS_AFTER: f64 = 120.0;

/// When things happen in a run, in seconds from its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    calls_per_second: f64,
    /// When the event begins.
    pub(super) begins: f64,
    /// How long it lasts, unless it says so itself.
    lasts: f64,
    /// The longest that it can last.
    longest: f64,
    /// How long the run goes on afterwards.
    after: f64,
    /// How long the fleet has been at work before.
    pub(super) warm_up: f64,
}

impl Timing {
    /// For a fleet with so many calls a second.
    pub(super) fn of(calls_per_second: f64, draw: &mut Draw) -> Self {
        let calls = |calls: f64| calls / calls_per_second;
        let budget = calls(MOST_CALLS);
        let before = calls(CALLS_BEFORE).max((0.3 * budget).clamp(15.0, 65.0));
        let begins = before * draw.between(1.0, 1.1);
        let after = (0.3 * budget)
            .clamp(25.0, 60.0)
            .max(30.0 + calls(CALLS_AFTER));
        let longest = (budget - begins - after).max(20.0);
        Self {
            calls_per_second,
            begins,
            lasts: calls(CALLS_DURING).max(120.0).min(longest),
            longest,
            after,
            warm_up: calls(60_000.0).clamp(15.0, 120.0).max(calls(60.0)),
        }
    }

    /// The length of an event that says none, at a moment that is not round.
    pub(super) fn usual(&self, draw: &mut Draw) -> f64 {
        self.lasts * draw.between(0.9, 1.0)
    }

    /// The length of an event that is to last so long, or as long as can be.
    pub(super) fn at_most(&self, seconds: f64) -> f64 {
        seconds.min(self.longest)
    }

    /// How long it takes to get so many calls at a part of the usual traffic.
    pub(super) fn time_of(&self, calls: f64, part: f64) -> f64 {
        calls / (self.calls_per_second * part)
    }

    /// When a run ends whose event ends at a moment.
    pub(super) fn end(&self, event_ends: f64) -> f64 {
        event_ends + self.after
    }
}
