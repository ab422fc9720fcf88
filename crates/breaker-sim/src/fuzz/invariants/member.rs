//! What one environment has heard and felt.

use std::collections::BTreeMap;

use breaker_core::{
    Outcome, Policy, Timestamp,
    protocol::{Epoch, Record},
};

use super::{super::bounds::stops_for, Bounds};
use crate::{
    breakers::fleet::FleetProcess,
    process::{Answer, Refusal},
    units::Micros,
    watch::{CallId, Moment, StepEvent, Who},
};

/// One environment, as far as an observer can tell.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// The record of the latest epoch that it has heard of.
    pub(super) known: Record,
    /// What its clock showed when the store last answered.
    pub(super) heard: Option<Timestamp>,
    /// The store did not do as it was asked, the last time.
    pub(super) in_trouble: bool,
    /// How many requests are under way.
    pub(super) asking: u32,
    /// Its calls that are under way.
    pub(super) running: BTreeMap<CallId, Running>,
    /// When one of its calls last failed or was slow.
    pub(super) felt_trouble: Option<Micros>,
    /// Whether it has refused a call by itself since a call last succeeded.
    stops_itself: bool,
    /// How many calls went wrong since then that may have been trials.
    pub(super) failed_trials: u32,
}

/// A call that was admitted and is not over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) admitted: Micros,
    pub(super) epoch: Epoch,
    pub(super) is_probe: bool,
    /// Whether an operator let it pass: it proves nothing.
    is_forced: bool,
    /// Whether it may be a trial of an environment that stops itself.
    is_trial: bool,
}

impl Running {
    /// Whether it has been under way for so long that it is slow, whatever is
    /// to become of it.
    pub(super) fn is_overdue(self, policy: &Policy, now: Micros) -> bool {
        self.is_bad(Outcome::Success, policy, now)
    }

    /// Whether an outcome now speaks against the dependency.
    pub(super) fn is_bad(self, outcome: Outcome, policy: &Policy, now: Micros) -> bool {
        match outcome {
            // An environment's clock counts whole milliseconds.
            Outcome::Success => {
                let slow = crate::units::micros_of(policy.slow_call_after);
                now - self.admitted + 1_000 >= slow
            }
            Outcome::Failure | Outcome::RetryAfter(_) | Outcome::Withheld(_) | Outcome::Slow => {
                true
            }
            Outcome::Ignored => false,
        }
    }
}

impl Member {
    /// Takes note of a step.
    pub(super) fn follow(
        &mut self,
        bounds: &Bounds,
        moment: Moment,
        who: Who,
        event: &StepEvent<'_, FleetProcess>,
    ) {
        match event {
            StepEvent::Refused {
                by: Refusal::Itself,
            } => self.stops_itself = true,
            StepEvent::Arrives | StepEvent::Refused { .. } | StepEvent::Served { .. } => {}
            StepEvent::Admitted { call, permit, .. } => {
                let running = Running {
                    admitted: moment.at,
                    epoch: self.known.epoch,
                    is_probe: permit.is_probe(),
                    is_trial: self.may_try(moment.at),
                    is_forced: self.known.active_override(who.clock).is_some(),
                };
                self.running.insert(*call, running);
            }
            StepEvent::Ends { call, outcome } => {
                if let Some(running) = self.running.remove(call) {
                    self.feel(running, *outcome, bounds, moment);
                }
            }
            // The next one is cold.
            StepEvent::Vanishes => *self = Self::default(),
            StepEvent::Asks { .. } => self.asking += 1,
            StepEvent::Hears { answer, .. } => {
                self.asking = self.asking.saturating_sub(1);
                self.hear(answer, who);
            }
        }
    }

    /// Whether a call that passes now may be a trial: it comes after a stop, whether
    /// or not that refused a call, or stands in for the store.
    fn may_try(&self, now: Micros) -> bool {
        let shortest_stop = stops_for(0).mul_f64(0.8);
        let waited = |before| Bounds::after(before, shortest_stop) <= now;
        self.stops_itself || self.in_trouble || self.felt_trouble.is_some_and(waited)
    }

    fn feel(&mut self, running: Running, outcome: Outcome, bounds: &Bounds, moment: Moment) {
        if running.is_bad(outcome, &bounds.policy, moment.at) {
            self.felt_trouble = Some(moment.at);
            self.failed_trials += u32::from(running.is_trial);
            return;
        }
        if outcome == Outcome::Success
            && running.epoch == self.known.epoch
            && !running.is_probe
            && !running.is_forced
        {
            self.stops_itself = false;
            self.failed_trials = 0;
        }
    }

    fn hear(&mut self, answer: &Answer<Record>, who: Who) {
        match answer {
            Answer::Record(record) | Answer::Conflict(record) => {
                self.heard = Some(who.clock);
                self.in_trouble = false;
                if record.epoch >= self.known.epoch {
                    self.known = record.clone();
                }
            }
            Answer::Throttled | Answer::Nothing => self.in_trouble = true,
        }
    }
}
