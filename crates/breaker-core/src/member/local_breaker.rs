//! What a process's own calls say about the process itself.
//!
//! A process whose host or socket is broken fails alone. The fleet is well, so
//! the circuit stays closed and this breaker stops the one process. While the
//! store is unreachable it is all there is, and trips earlier. What it decides
//! is never written: it ends with the process.

use std::time::Duration;

use super::context::Context;
use crate::{
    observe::Event,
    protocol::{Counts, likelihoods},
    time::Timestamp,
};

/// How long a process stops itself the first time, and at most. Nobody else
/// looks after its failures, so each one in vain doubles the time.
const FIRST_STOP: Duration = Duration::from_secs(5);
const LONGEST_STOP: Duration = Duration::from_mins(1);

/// The breaker of one process.
#[derive(Debug, Default)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct LocalBreaker {
    /// Failures since the last success, and when the first of them was.
    streak: u32,
    first_failure: Option<Timestamp>,
    /// What the calls since the store was lost prove, by each of the fleet's
    /// tests: nobody else has them.
    evidence: Evidence,
    /// When the last failure was.
    last_failure: Option<Timestamp>,
    /// No call passes before.
    tripped_until: Option<Timestamp>,
    /// It tripped because the store was unreachable.
    store_unreachable: bool,
    /// How many trials have failed in a row.
    failed_trials: u32,
    /// The trial that has begun and not ended.
    trial: Option<Trial>,
    /// How long the dependency itself asked to be left alone, the last time.
    retry_after: Option<Duration>,
}

/// The log-likelihood ratios of the fleet's tests since their last low.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Evidence([f64; 3]);

#[cfg(feature = "model")]
impl std::hash::Hash for Evidence {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.0.map(f64::to_bits).hash(hasher);
    }
}

/// A trial, by when it began: there is one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(super) struct Trial(Timestamp);

/// What the local breaker says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opinion {
    /// It passes.
    Pass,
    /// It may pass to find out whether calls work again; one at a time.
    Try,
    /// It does not pass before this time.
    Stop(Timestamp),
}

impl LocalBreaker {
    pub(super) fn opinion(&self, cx: &Context<'_>) -> Opinion {
        let now = cx.now;
        match self.tripped_until {
            None => Opinion::Pass,
            // A clock that was set back must not stop the process for longer.
            Some(until) if now < until && until.since(now) <= LONGEST_STOP => Opinion::Stop(until),
            Some(_) => match self.trial {
                // A trial that never came back must not stop the process for ever.
                Some(Trial(begun))
                    if begun <= now && now.since(begun) < cx.policy.probe_timeout =>
                {
                    Opinion::Stop(begun + cx.policy.probe_timeout)
                }
                Some(_) | None => Opinion::Try,
            },
        }
    }

    pub(super) fn begin_trial(&mut self, cx: &Context<'_>) -> Trial {
        *self.trial.insert(Trial(cx.now))
    }

    /// Whether it is this trial's result that is waited for. Another may have
    /// taken its place, or the breaker may have started anew since.
    pub(super) fn awaits(&self, trial: Trial) -> bool {
        self.trial == Some(trial)
    }

    /// A trial proved nothing.
    pub(super) fn give_up_trial(&mut self) {
        self.trial = None;
    }

    pub(super) fn succeed(&mut self) {
        *self = Self {
            evidence: self.evidence,
            ..Self::default()
        };
    }

    pub(super) fn fail(&mut self, retry_after: Option<Duration>, cx: &Context<'_>) {
        self.forget_the_past(cx);
        self.note_retry_after(retry_after);
        self.streak = self.streak.saturating_add(1);
        self.first_failure.get_or_insert(cx.now);
        self.last_failure = Some(cx.now);
    }

    pub(super) fn note_retry_after(&mut self, retry_after: Option<Duration>) {
        self.retry_after = retry_after;
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Failures of an epoch that is over were the fleet's.
    pub(super) fn start_epoch(&mut self) {
        *self = Self::default();
    }

    /// Failures of before a long sleep say nothing about this process now.
    pub(super) fn forget_the_past(&mut self, cx: &Context<'_>) {
        let long_ago = |at: Timestamp| cx.now.since(at) >= cx.policy.window;
        if self.last_failure.is_some_and(long_ago) && self.tripped_until.is_none() {
            *self = Self::default();
        }
    }

    /// Failures since the last success.
    pub(super) fn streak(&self) -> u32 {
        self.streak
    }

    /// Takes in what became of a call while the store is away, in a circuit in
    /// so much doubt: what speaks against an outage is no credit.
    pub(super) fn weigh(&mut self, counts: Counts, doubt: u32, cx: &Context<'_>) {
        self.forget_the_past(cx);
        let added = likelihoods(counts, cx.policy, doubt);
        for (sum, added) in self.evidence.0.iter_mut().zip(added) {
            // More than enough would take as many successes to outweigh.
            *sum = (*sum + added).clamp(0.0, cx.policy.evidence_bound);
        }
    }

    /// Whether what was weighed would open the circuit of a fleet.
    pub(super) fn proves_an_outage(&self, cx: &Context<'_>) -> bool {
        let most = self.evidence.0.into_iter().fold(0.0, f64::max);
        most >= cx.policy.evidence_bound
    }

    /// Whether nothing but failures came for so long.
    pub(super) fn has_failed_for(&self, duration: Duration, cx: &Context<'_>) -> bool {
        self.first_failure
            .is_some_and(|first| cx.now.since(first) >= duration)
    }

    /// Whether the newest failure is no older than `moment`.
    pub(super) fn failed_since(&self, moment: Timestamp) -> bool {
        self.last_failure.is_some_and(|at| moment <= at)
    }

    /// Stops the process, the longer the more trials have failed.
    pub(super) fn trip(&mut self, cx: &mut Context<'_>) {
        let again = self.tripped_until.is_some();
        self.failed_trials = if again {
            self.failed_trials.saturating_add(1)
        } else {
            0
        };
        let until = cx.now + stops_for(self.failed_trials, cx);
        self.tripped_until = Some(until);
        self.trial = None;
        cx.emit(Event::TrippedLocally { until });
    }

    /// Stops the process while the store is unreachable.
    pub(super) fn trip_without_store(&mut self, cx: &mut Context<'_>) {
        self.store_unreachable = true;
        self.trip(cx);
    }

    /// From now on calls pass one at a time, until the store answers.
    pub(super) fn stand_in_for_store(&mut self, cx: &Context<'_>) {
        self.tripped_until = Some(cx.now);
        self.store_unreachable = true;
    }

    /// The store answers: what was decided without it ends.
    pub(super) fn on_store_answer(&mut self) {
        self.evidence = Evidence::default();
        if self.store_unreachable {
            *self = Self::default();
        }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_quiet(&self) -> bool {
        self.streak == 0 && self.tripped_until.is_none()
    }

    /// Whether the process is stopped, or is finding out whether calls work
    /// again.
    pub(super) fn is_tripped(&self) -> bool {
        self.tripped_until.is_some()
    }
}

/// How long a process stops itself after so many trials in vain: spread, so
/// that processes that failed together do not come back together.
fn stops_for(failed_trials: u32, cx: &mut Context<'_>) -> Duration {
    let doubled = FIRST_STOP.saturating_mul(1 << failed_trials.min(10));
    doubled.min(LONGEST_STOP).mul_f64(1.0 - cx.draw() / 5.0)
}

#[cfg(test)]
mod tests;
