//! What a process knows, and what it learns from the store.

use std::{sync::Arc, time::Duration};

use super::{
    backoff::StoreBackoff,
    context::Context,
    counters::Counters,
    in_flight::{InFlight, Overdue},
    local_breaker::LocalBreaker,
    unreported::Unreported,
    view::{Age, CircuitView, Taken},
};
use crate::{
    protocol::{
        Counts, Epoch, Opening, OverrideMode, Phase, Record, Rejection, RejectionReason,
        THIN_CALLS_PER_S,
    },
    store::StoreError,
    time::Timestamp,
};

/// After so many failures in a row a process looks before it calls again.
const FAILURES_TO_LOOK: u32 = 2;

/// What it has seen is good for so long.
const LOOKS_LAST: Duration = Duration::from_millis(200);

/// For no longer do calls pass without anybody looking after those that hang.
const QUIET_LASTS: Duration = Duration::from_secs(1);

/// For so long every witness tells as many calls as it may: by then an outage has
/// opened the circuit.
const YOUNG: Duration = Duration::from_secs(4);

/// How closely the fleet is watched while there is trouble, but little of what
/// would open the circuit.
const WATCHED: &[Watched] = &[
    Watched {
        below: 0.33,
        per_s: 3.0,
        share: 0.15,
    },
    Watched {
        below: 1.1,
        per_s: 10.0,
        share: 1.0,
    },
];

/// The same in doubt, where rates that are close to each other must be told
/// apart.
const WATCHED_IN_DOUBT: &[Watched] = &[Watched {
    below: 0.55,
    per_s: 3.0,
    share: 0.15,
}];

/// How many calls of the fleet witnesses tell of.
struct Watched {
    /// While less than this speaks for an outage, in nats.
    below: f64,
    /// So many a second at most.
    per_s: f64,
    /// And no larger a share.
    share: f64,
}

/// What a process knows, in parts that know nothing of one another.
#[derive(Debug)]
pub(super) struct State {
    /// The circuit's record.
    pub(super) view: CircuitView,
    /// Whether the store answers.
    pub(super) backoff: StoreBackoff,
    /// What the fleet does not know yet.
    pub(super) unreported: Unreported,
    /// What this process's own calls say about itself.
    pub(super) local: LocalBreaker,
    /// Calls that passed the gate and were not collected yet.
    pub(super) counters: Arc<Counters>,
    /// Calls under way, and which of them were counted as slow.
    pub(super) in_flight: Arc<InFlight>,
    pub(super) overdue: Overdue,
}

/// How urgently the store should be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Not at all.
    None,
    /// Beside a call.
    Beside,
    /// Before a call is decided about.
    Before,
}

impl State {
    /// A process that knows nothing yet.
    pub(super) fn new(counters: Arc<Counters>, in_flight: Arc<InFlight>) -> Self {
        Self {
            view: CircuitView::default(),
            backoff: StoreBackoff::default(),
            unreported: Unreported::default(),
            local: LocalBreaker::default(),
            counters,
            in_flight,
            overdue: Overdue::default(),
        }
    }

    /// The store gave the record that a change, decided on epoch `basis`, left
    /// or met.
    pub(super) fn on_write_result(&mut self, record: Record, basis: Epoch, cx: &mut Context<'_>) {
        self.on_store_answer(cx);
        let taken = self.view.on_write_result(record, basis, cx);
        self.on_epoch(taken);
    }

    /// The store gave a record that shows every change made before it was read,
    /// when epoch `known` was known here.
    pub(super) fn on_strong_read(&mut self, record: Record, known: Epoch, cx: &mut Context<'_>) {
        self.on_store_answer(cx);
        let taken = self.view.on_strong_read(record, known, cx);
        self.on_epoch(taken);
    }

    /// The store gave a record that may be the past.
    pub(super) fn on_eventual_read(&mut self, record: Record, cx: &mut Context<'_>) {
        self.on_store_answer(cx);
        let taken = self.view.on_eventual_read(record, cx);
        self.on_epoch(taken);
    }

    /// The store did not do as it was asked.
    pub(super) fn on_store_failure(&mut self, error: &StoreError, cx: &mut Context<'_>) {
        self.backoff.on_failure(error, cx);
    }

    fn on_store_answer(&mut self, cx: &mut Context<'_>) {
        self.local.on_store_answer();
        self.backoff.on_answer(cx);
    }

    /// What was counted in an epoch that is over proves nothing.
    fn on_epoch(&mut self, taken: Taken) {
        match taken {
            Taken::NewEpoch => {
                self.unreported.start_epoch();
                self.overdue.start_epoch(&self.in_flight);
                self.local.start_epoch();
            }
            Taken::SameEpoch => {}
        }
    }

    /// How urgently the store should be asked.
    pub(super) fn need(&self, cx: &Context<'_>) -> Need {
        if self.backoff.is_pausing(cx.now) {
            return Need::None;
        }
        if self.has_failed_since_look(FAILURES_TO_LOOK, cx) {
            return Need::Before;
        }
        let trouble = self.unreported.has_trouble();
        match self.view.age(cx) {
            Age::Expired => Need::Before,
            Age::Fresh if self.has_failed_since_look(1, cx) => Need::Beside,
            Age::Fresh | Age::Due if trouble => Need::Beside,
            Age::Fresh | Age::Due if self.backoff.is_under_way(cx) => Need::None,
            Age::Due => Need::Beside,
            Age::Fresh if self.backoff.is_failing() => Need::Beside,
            Age::Fresh => Need::None,
        }
    }

    /// Whether nothing but failures came lately, so many, and the record was
    /// not looked at since.
    fn has_failed_since_look(&self, failures: u32, cx: &Context<'_>) -> bool {
        self.local.streak() >= failures
            && self.view.refreshed().is_some_and(|refreshed| {
                self.local.failed_since(refreshed) && cx.now.since(refreshed) >= LOOKS_LAST
            })
    }

    /// Whether this process knows of trouble that the others must know of.
    pub(super) fn must_report(&self) -> bool {
        self.unreported.has_trouble() || (self.unreported.has_calls() && self.view.is_suspected())
    }

    /// The local breaker keeps a call from the dependency until then.
    pub(super) fn reject_locally(&mut self, until: Timestamp, cx: &Context<'_>) -> Rejection {
        self.unreported.turn_away();
        Rejection {
            state: self.view.record().effective_state(cx.now),
            reason: RejectionReason::LocalBreakerOpen,
            retry_at: until,
        }
    }

    /// How a circuit that this process opens is to open.
    pub(super) fn opening(&self, cx: &mut Context<'_>) -> Opening {
        Opening {
            jitter: cx.draw(),
            retry_after: self.local.retry_after(),
        }
    }

    /// The share of calls that are evidence: a large fleet is judged by a random
    /// sample of its calls.
    pub(super) fn sampled_share(&self, cx: &Context<'_>) -> f64 {
        let promised = self
            .view
            .fleet_size()
            .map_or(0.0, |size| size.calls_per_s.max(size.recent_calls_per_s));
        (self.sampled_per_s(promised, cx) / promised).min(1.0)
    }

    /// How many calls a second of the whole fleet are evidence, of so many: the
    /// more, the more speaks for an outage.
    fn sampled_per_s(&self, calls_per_s: f64, cx: &Context<'_>) -> f64 {
        let most = cx.policy.sampled_calls_per_s;
        let suspected = self.view.record().suspected();
        // While a suspicion is young, what witnesses do not tell would be taken for
        // successes. In thin traffic every call is needed.
        if suspected.is_none_or(|since| cx.now < since + YOUNG) || calls_per_s < THIN_CALLS_PER_S {
            return most;
        }
        let nats = self.view.watched() * cx.policy.evidence_bound;
        let in_doubt = self.view.record().doubt(cx.now) > 0;
        let tiers = if in_doubt { WATCHED_IN_DOUBT } else { WATCHED };
        let watched = tiers.iter().find(|watched| nats < watched.below);
        watched.map_or(most, |watched| {
            most.min(watched.per_s).min(watched.share * calls_per_s)
        })
    }

    /// Takes in what the end of a call says, or that it does not end: to
    /// the fleet it is an alarm, unless this process is a witness.
    pub(super) fn take_in(&mut self, counts: Counts, cx: &mut Context<'_>) {
        let told = if self.view.is_suspected() {
            counts
        } else if counts.tells_of_trouble() {
            Counts::ALARM
        } else {
            return;
        };
        // Drawn whatever the outcome is: the sample must not be biased.
        let share = self.sampled_share(cx);
        if share >= 1.0 || cx.draw() < share {
            self.unreported.count(told, cx);
        }
    }

    /// Takes in calls that have been under way for so long that they are slow.
    pub(super) fn take_in_overdue(&mut self, cx: &mut Context<'_>) {
        let limit = cx.policy.slow_call_after;
        let overdue = self.overdue.count(&self.in_flight, cx.steady, limit);
        // By order of an operator they were admitted, and prove nothing.
        if !is_forced(self.view.record(), cx.now) {
            (0..overdue).for_each(|_| self.take_in(Counts::SLOW, cx));
        }
    }

    /// Collects what passed the gate.
    pub(super) fn collect(&mut self) {
        self.unreported.collect(self.counters.drain());
    }

    /// For how long calls pass and succeed without anything to decide or report.
    pub(super) fn quiet_for(&self, cx: &Context<'_>) -> Option<Duration> {
        let record = self.view.record();
        let plain = matches!(record.phase, Phase::Closed { .. })
            && record.active_override(cx.now).is_none()
            && record.ramp(cx.policy, cx.now) >= 1.0
            && self.local.is_quiet()
            && !self.backoff.is_failing()
            && !self.view.is_suspected()
            && !self.unreported.has_trouble();
        if plain {
            // Somebody must look after calls that hang.
            let look = cx.policy.slow_call_after.clamp(LOOKS_LAST, QUIET_LASTS);
            self.view.fresh_for(cx).map(|fresh| fresh.min(look))
        } else {
            None
        }
    }
}

/// Whether an override decides about every call.
pub(super) fn is_forced(record: &Record, now: Timestamp) -> bool {
    record.active_override(now).is_some() && !in_shadow(record, now)
}

/// Whether a shadow override admits every call.
pub(super) fn in_shadow(record: &Record, now: Timestamp) -> bool {
    let placed = record.active_override(now).map(|placed| placed.mode);
    placed == Some(OverrideMode::Shadow)
}

#[cfg(test)]
mod tests;
