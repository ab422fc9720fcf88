//! What becomes of a call that arrives.

use std::time::Duration;

use super::{
    Permit, State, Step,
    errand::{Aim, Errand, Then},
    guard::{Guard, Opinion},
    news::{LOOKS_PER_S, Need},
    permit::Kind,
};
use crate::{
    observe::Event,
    policy::Policy,
    protocol::{Decision, Measure, OverrideMode, Phase, Record, Rejection, RejectionReason},
    time::Timestamp,
};

/// How often one call tries for a lease while the record moves under it.
const LEASE_ATTEMPTS: u32 = 5;

/// How many calls a second of the whole fleet try to become a probe.
const CANDIDATES_PER_S: f64 = 20.0;

/// After so many failures in a row a process looks before it calls again.
const FAILURES_TO_LOOK: u32 = 2;

/// For so long after a failure a process that cannot ask holds back.
const LONGEST_HOLD: Duration = Duration::from_secs(5);

/// Whether the store has been asked on behalf of a call already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    NotYet,
    Already,
}

impl State {
    pub(super) fn begin(&mut self, policy: &Policy, now: Timestamp) -> Step {
        self.unreported.arrive();
        self.guard.forget_the_past(policy, now);
        self.consider(policy, now)
    }

    /// Decides about a call, or asks first.
    pub(super) fn consider(&mut self, policy: &Policy, now: Timestamp) -> Step {
        let need = self.need(policy, now);
        if need == Need::Before {
            return Step::Ask(self.ask_first(policy, now));
        }
        self.decide(Asked::NotYet, need, policy, now)
    }

    /// How urgently the store should be asked.
    fn need(&self, policy: &Policy, now: Timestamp) -> Need {
        let need = self.news.need(policy, now);
        let pausing = self.news.is_pausing(now);
        let failing = self.guard.streak() >= FAILURES_TO_LOOK
            && self
                .news
                .heard()
                .is_some_and(|heard| self.guard.failed_since(heard));
        if failing && !pausing {
            Need::Before
        } else if need == Need::None && !pausing && self.unreported.tells_of_trouble() {
            Need::Beside
        } else {
            need
        }
    }

    pub(super) fn decide(
        &mut self,
        asked: Asked,
        need: Need,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let chance = self.entropy.uniform();
        match self.news.record().decide(policy, now, chance) {
            Decision::Admit(_)
                if need == Need::Beside && asked == Asked::NotYet && self.guard.is_stopped() =>
            {
                Step::Ask(self.ask_first(policy, now))
            }
            Decision::Admit(measure) => self.admit(measure, need, policy, now),
            // Perhaps the fleet knows better by now, and a call that does not
            // simply pass has the time to ask.
            Decision::Reject(_) | Decision::Probe
                if need == Need::Beside && asked == Asked::NotYet =>
            {
                Step::Ask(self.ask_first(policy, now))
            }
            Decision::Reject(rejection) => self.reject(rejection),
            Decision::Probe => self.try_to_probe(asked, policy, now),
        }
    }

    fn ask_first(&mut self, policy: &Policy, now: Timestamp) -> Errand {
        let in_need = self.news.is_on_the_way_back(now) || self.guard.streak() > 0;
        if in_need && !self.unreported.tells_of_trouble() {
            self.look()
        } else {
            self.contact(Then::Decide, policy, now)
        }
    }

    fn admit(&mut self, measure: Measure, need: Need, policy: &Policy, now: Timestamp) -> Step {
        let kind = match self.own_opinion(measure, policy, now) {
            Opinion::Pass => Kind::Ordinary(measure),
            Opinion::Try => {
                self.guard.begin_trial(now);
                Kind::Trial(measure)
            }
            Opinion::Stop(until) => return self.reject_myself(until, now),
        };
        let errand = (need == Need::Beside).then(|| {
            self.news.set_out(now);
            self.contact(Then::Nothing, policy, now)
        });
        Step::Admitted(Permit {
            admitted: now,
            kind,
            errand,
        })
    }

    fn own_opinion(&mut self, measure: Measure, policy: &Policy, now: Timestamp) -> Opinion {
        // What an operator ordered is not for a process to refuse.
        if measure == Measure::Ignored {
            return Opinion::Pass;
        }
        // Many processes failing at once keep the store busy; one that fails
        // and cannot ask holds back for a moment. Not for longer: its failures
        // may have been few, and the store may refuse everybody for hours.
        let uncertain = self.guard.streak() >= FAILURES_TO_LOOK
            && self.guard.failed_within(LONGEST_HOLD, now)
            && self.news.is_throttled()
            && self.news.is_pausing(now);
        if uncertain && !self.guard.is_stopped() {
            return Opinion::Stop(Guard::hold(now, self.entropy.uniform()));
        }
        self.guard.opinion(policy, now)
    }

    fn reject_myself(&mut self, until: Timestamp, now: Timestamp) -> Step {
        self.unreported.turn_away();
        let state = self.news.record().effective_state(now);
        self.reject(Rejection {
            state,
            reason: RejectionReason::OwnGuard,
            retry_at: until,
        })
    }

    pub(super) fn reject(&mut self, rejection: Rejection) -> Step {
        self.events.push(Event::Rejected(rejection));
        Step::Rejected(rejection)
    }

    /// The circuit is on its way back and may have room for a probe.
    fn try_to_probe(&mut self, asked: Asked, policy: &Policy, now: Timestamp) -> Step {
        if self.news.is_pausing(now) {
            return self.try_alone(policy, now);
        }
        if self.entropy.uniform() < self.candidacy(asked) {
            return self.ask_for_a_lease(LEASE_ATTEMPTS, policy, now);
        }
        self.deny(policy, now)
    }

    /// The chance that a call tries to become a probe: a large fleet must not
    /// storm the store when the open time is over.
    fn candidacy(&self, asked: Asked) -> f64 {
        let Some(size) = self.news.fleet_size() else {
            return 1.0;
        };
        let candidates = match asked {
            Asked::NotYet => size.recent_calls_per_s,
            // Each process looks about once in a while, not with each call.
            Asked::Already => size.recent_calls_per_s.min(LOOKS_PER_S),
        };
        (CANDIDATES_PER_S / candidates).min(1.0)
    }

    pub(super) fn ask_for_a_lease(
        &mut self,
        attempts: u32,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let owner = self.entropy.owner();
        let basis = std::sync::Arc::clone(self.news.record());
        match basis.plan_probe(policy, now, owner) {
            Some(plan) if attempts > 0 => {
                let change = plan.change.clone();
                Step::Ask(Errand::commit(
                    basis,
                    change,
                    Aim::Lease(plan, attempts - 1),
                ))
            }
            Some(_) | None => self.deny(policy, now),
        }
    }

    /// Without the store there are no leases. A fleet that lost its store must
    /// not probe all at once: each process waits for as long as a lease that
    /// it cannot see may last, and then tries with one call at a time.
    pub(super) fn try_alone(&mut self, policy: &Policy, now: Timestamp) -> Step {
        let patient = match &self.news.record().phase {
            Phase::Open { until, .. } => *until + policy.lease_for <= now,
            Phase::HalfOpen { since, .. } => *since + policy.lease_for <= now,
            Phase::Closed { .. } => true,
        };
        if !patient {
            return self.deny(policy, now);
        }
        match self.guard.opinion(policy, now) {
            Opinion::Stop(until) => self.reject_myself(until, now),
            Opinion::Pass | Opinion::Try => {
                // From now on the guard decides, one trial at a time.
                if !self.guard.is_stopped() {
                    self.guard.stand_by(now);
                }
                self.guard.begin_trial(now);
                Step::Admitted(Permit {
                    admitted: now,
                    kind: Kind::Trial(Measure::Ignored),
                    errand: None,
                })
            }
        }
    }

    /// No lease could be had. Under a shadow order the call passes all the
    /// same.
    pub(super) fn deny(&mut self, policy: &Policy, now: Timestamp) -> Step {
        let record = self.news.record();
        if in_shadow(record, now) {
            return Step::Admitted(Permit {
                admitted: now,
                kind: Kind::Ordinary(Measure::Ignored),
                errand: None,
            });
        }
        let rejection = Rejection {
            state: record.effective_state(now),
            reason: RejectionReason::ProbesBusy,
            retry_at: now + policy.store_timeout.saturating_mul(2),
        };
        self.reject(rejection)
    }
}

/// Whether an operator decides about every call.
pub(super) fn is_forced(record: &Record, now: Timestamp) -> bool {
    record.active_override(now).is_some() && !in_shadow(record, now)
}

pub(super) fn in_shadow(record: &Record, now: Timestamp) -> bool {
    let order = record.active_override(now).map(|order| order.mode);
    order == Some(OverrideMode::Shadow)
}
