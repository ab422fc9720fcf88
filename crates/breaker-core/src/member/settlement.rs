//! What becomes of a call's result.

use std::time::Duration;

use super::{
    Outcome, Permit, State, Step,
    errand::{Errand, Then},
    gate::EpochTag,
    permit::{Kind, Probe},
};
use crate::{
    observe::Event,
    policy::Policy,
    protocol::{Change, Counts, Epoch, Measure, Phase},
    time::Timestamp,
};

/// While the fleet's evidence is below this share of what would open the
/// circuit, a process that fails does so alone.
const ALONE_BELOW: f64 = 0.25;

impl Outcome {
    fn counts(self, took: Duration, policy: &Policy) -> Option<Counts> {
        let slow = took >= policy.slow_call_after;
        let (failed, slow) = match self {
            Self::Success => (false, slow),
            Self::Failure | Self::RetryAfter(_) | Self::Withheld(_) => (true, slow),
            Self::Slow => (false, true),
            Self::Ignored => return None,
        };
        Some(Counts {
            calls: 1,
            failures: u64::from(failed),
            slow: u64::from(slow),
        })
    }

    fn retry_after(self) -> Option<Duration> {
        match self {
            Self::RetryAfter(duration) | Self::Withheld(duration) => Some(duration),
            Self::Success | Self::Failure | Self::Slow | Self::Ignored => None,
        }
    }
}

impl State {
    pub(super) fn end(
        &mut self,
        permit: Permit,
        outcome: Outcome,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let counts = outcome.counts(now.since(permit.admitted), policy);
        match permit.kind {
            Kind::Plain(tag) => {
                let epoch = self.news.record().epoch;
                // Admitted in an epoch that is over, it proves nothing.
                if tag == EpochTag::of(epoch) {
                    self.unreported.arrive();
                    self.settle(epoch, counts, outcome, policy, now)
                } else {
                    Step::Done
                }
            }
            Kind::Ordinary(Measure::Ignored) => Step::Done,
            Kind::Ordinary(Measure::Counted(epoch)) => {
                self.settle(epoch, counts, outcome, policy, now)
            }
            Kind::Trial(measure) => {
                self.end_trial(counts, policy, now);
                match measure {
                    Measure::Counted(epoch) => self.settle(epoch, counts, outcome, policy, now),
                    Measure::Ignored => Step::Done,
                }
            }
            Kind::Probe(probe) => self.end_probe(&probe, counts, outcome, policy, now),
        }
    }

    fn end_trial(&mut self, counts: Option<Counts>, policy: &Policy, now: Timestamp) {
        match counts {
            None => self.guard.give_up_trial(),
            Some(counts) if counts.tells_of_trouble() => self.stop_myself(policy, now),
            Some(_) => self.guard.succeed(),
        }
    }

    fn stop_myself(&mut self, policy: &Policy, now: Timestamp) {
        let draw = self.entropy.uniform();
        let until = if self.news.is_away() {
            self.guard.stop_forsaken(policy, now, draw)
        } else {
            self.guard.stop(policy, now, draw)
        };
        self.events.push(Event::StoppedItself { until });
    }

    fn settle(
        &mut self,
        epoch: Epoch,
        counts: Option<Counts>,
        outcome: Outcome,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let Some(counts) = counts else {
            return Step::Done;
        };
        // A result of an epoch that is over is no evidence about this one.
        if epoch != self.news.record().epoch {
            return Step::Done;
        }
        if counts.tells_of_trouble() {
            self.guard.fail(outcome.retry_after(), policy, now);
            if self.fails_alone(policy) && !self.guard.is_stopped() {
                self.stop_myself(policy, now);
            }
        } else {
            self.guard.succeed();
        }
        // Drawn whatever the outcome is: the sample must not be biased.
        let share = self.sampled_share(policy, now);
        if share < 1.0 && self.entropy.uniform() >= share {
            return Step::Done;
        }
        self.unreported.count(counts, policy, now);
        if !self.news.is_pausing(now) && self.must_tell() {
            Step::Ask(self.contact(Then::Nothing, policy, now))
        } else {
            Step::Done
        }
    }

    /// Whether this process's failures are its own.
    fn fails_alone(&self, policy: &Policy) -> bool {
        let streak = self.guard.streak();
        if self.news.is_away() {
            // Nobody can be asked.
            return streak >= policy.consecutive_failures;
        }
        let record = self.news.record();
        f64::from(streak) >= policy.failures_of_a_loner()
            && matches!(record.phase, Phase::Closed { .. })
            && self.news.suspicion() < ALONE_BELOW
    }

    fn end_probe(
        &mut self,
        probe: &Probe,
        counts: Option<Counts>,
        outcome: Outcome,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let (slot, owner) = (probe.slot, probe.owner);
        let change = match counts {
            None => Change::ReleaseLease { slot, owner },
            Some(counts) if counts.tells_of_trouble() => {
                self.guard.note_retry_after(outcome.retry_after());
                if let Outcome::Withheld(duration) = outcome {
                    probe.granted.postpone(slot, owner, policy, now, duration)
                } else {
                    let opening = self.opening();
                    probe.granted.reopen(slot, owner, policy, now, opening)
                }
            }
            Some(_) => Change::ProbeSucceeded { slot, owner },
        };
        self.events.push(Event::ProbeEnded { outcome });
        Step::Ask(Errand::settle(probe, change))
    }
}
