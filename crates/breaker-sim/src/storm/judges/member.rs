//! What one environment has heard and felt.

use std::collections::BTreeMap;

use breaker_core::{
    Outcome, Policy, Timestamp,
    protocol::{Epoch, Record},
};

use super::Law;
use crate::{
    breakers::fleet::FleetProcess,
    process::Answer,
    units::Micros,
    watch::{CallId, Moment, Sight, Who},
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
}

/// A call that was admitted and is not over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) admitted: Micros,
    pub(super) epoch: Epoch,
    pub(super) is_probe: bool,
}

impl Running {
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
        law: &Law,
        moment: Moment,
        who: Who,
        sight: &Sight<'_, FleetProcess>,
    ) {
        match sight {
            Sight::Arrives | Sight::Refused { .. } | Sight::Served { .. } => {}
            Sight::Admitted { call, permit, .. } => {
                let running = Running {
                    admitted: moment.at,
                    epoch: self.known.epoch,
                    is_probe: permit.is_probe(),
                };
                self.running.insert(*call, running);
            }
            Sight::Ends { call, outcome } => {
                if let Some(running) = self.running.remove(call)
                    && running.is_bad(*outcome, &law.policy, moment.at)
                {
                    self.felt_trouble = Some(moment.at);
                }
            }
            // The next one is cold.
            Sight::Vanishes => *self = Self::default(),
            Sight::Asks { .. } => self.asking += 1,
            Sight::Hears { answer, .. } => {
                self.asking = self.asking.saturating_sub(1);
                self.hear(answer, who);
            }
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
