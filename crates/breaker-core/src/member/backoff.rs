//! Whether the store answers, and when it may be asked again.

use std::time::Duration;

use super::context::Context;
use crate::{observe::Event, store::StoreError, time::Timestamp};

/// How long a store that fails is left alone the first time, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Failures in a row after which the store counts as unreachable: a single
/// answer may be lost.
const FAILURES_TO_BE_UNREACHABLE: u32 = 2;

/// How the store has answered lately.
#[derive(Debug, Default)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct StoreBackoff {
    /// Whether the store has ever answered.
    answered: bool,
    /// The failures since its last answer, if there are any.
    failing: Option<Failing>,
    /// When a request beside a call was sent whose answer has not come.
    under_way: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "model", derive(Hash))]
struct Failing {
    failures: u32,
    /// The store is not asked before.
    pause_until: Timestamp,
}

impl StoreBackoff {
    /// A request is sent beside a call; one at a time is enough.
    pub(super) fn on_request(&mut self, cx: &Context<'_>) {
        self.under_way = Some(cx.now);
    }

    /// The store has done what it was asked, or has said why it must not.
    pub(super) fn on_answer(&mut self, cx: &mut Context<'_>) {
        if self.is_failing() {
            cx.emit(Event::StoreRecovered);
        }
        self.answered = true;
        self.failing = None;
        self.under_way = None;
    }

    /// The store has failed: it is left alone for a while, the longer the more
    /// often it has failed in a row. Requests that were under way together and
    /// fail together are one failure.
    pub(super) fn on_failure(&mut self, error: &StoreError, cx: &mut Context<'_>) {
        cx.emit(Event::StoreFailed(error.clone()));
        self.under_way = None;
        if self.is_pausing(cx.now) {
            return;
        }
        let before = self.failing.map_or(0, |failing| failing.failures);
        let failures = before.saturating_add(1);
        let longest = FIRST_PAUSE
            .saturating_mul(1 << failures.saturating_sub(1).min(10))
            .min(LONGEST_PAUSE);
        self.failing = Some(Failing {
            failures,
            pause_until: cx.now + longest.mul_f64(0.5 + cx.draw() / 2.0),
        });
    }

    /// Whether the store failed a moment ago and is to be left alone.
    pub(super) fn is_pausing(&self, now: Timestamp) -> bool {
        self.failing.is_some_and(|failing| {
            // A clock that was set back must not make the pause endless.
            now < failing.pause_until && failing.pause_until.since(now) <= LONGEST_PAUSE
        })
    }

    /// Whether the store has not answered for some time.
    pub(super) fn is_unreachable(&self) -> bool {
        self.failing
            .is_some_and(|failing| !self.answered || failing.failures >= FAILURES_TO_BE_UNREACHABLE)
    }

    /// Whether the store's last word was a failure.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// Whether the answer to a request beside a call may still come.
    pub(super) fn is_under_way(&self, cx: &Context<'_>) -> bool {
        // A request that was dropped must not stop the others for ever.
        let longest = cx.policy.store_timeout.saturating_mul(2);
        self.under_way
            .is_some_and(|since| since <= cx.now && cx.now.since(since) < longest)
    }
}

#[cfg(test)]
mod tests;
