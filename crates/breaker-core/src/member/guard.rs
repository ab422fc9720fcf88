//! What a process's own calls tell about itself.
//!
//! A process whose host or socket is broken fails alone. The fleet is well,
//! so the circuit stays closed and this guard stops the one process. While
//! the store is away the guard is all there is, and stops the process earlier.
//! What it decides is never written: it ends with the process.

use std::time::Duration;

use crate::{policy::Policy, time::Timestamp};

/// The guard of one process.
#[derive(Debug, Default)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Guard {
    /// Failures since the last success.
    streak: u32,
    /// When the last failure was.
    last_failure: Option<Timestamp>,
    /// No call passes before.
    stopped_until: Option<Timestamp>,
    /// It was stopped because nobody could be asked.
    forsaken: bool,
    /// How many trials have failed in a row.
    failed_trials: u32,
    /// When a trial began that has not ended.
    trial: Option<Timestamp>,
    /// How long the dependency itself asked to be left alone, the last time.
    retry_after: Option<Duration>,
}

/// What the guard says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opinion {
    /// Nothing.
    Pass,
    /// It may pass to find out whether things are better; one at a time.
    Try,
    /// Not before.
    Stop(Timestamp),
}

impl Guard {
    pub(super) fn opinion(&self, policy: &Policy, now: Timestamp) -> Opinion {
        match self.stopped_until {
            None => Opinion::Pass,
            // A clock that was set back must not stop the process for longer.
            Some(until) if now < until && until.since(now) <= policy.longest_open_time() => {
                Opinion::Stop(until)
            }
            Some(_) => match self.trial {
                // A trial that never came back must not stop the process for ever.
                Some(begun) if begun <= now && now.since(begun) < policy.probe_timeout => {
                    Opinion::Stop(begun + policy.probe_timeout)
                }
                Some(_) | None => Opinion::Try,
            },
        }
    }

    pub(super) fn begin_trial(&mut self, now: Timestamp) {
        self.trial = Some(now);
    }

    /// A trial proved nothing.
    pub(super) fn give_up_trial(&mut self) {
        self.trial = None;
    }

    pub(super) fn succeed(&mut self) {
        *self = Self::default();
    }

    pub(super) fn fail(&mut self, retry_after: Option<Duration>, policy: &Policy, now: Timestamp) {
        self.forget_the_past(policy, now);
        self.note_retry_after(retry_after);
        self.streak = self.streak.saturating_add(1);
        self.last_failure = Some(now);
    }

    pub(super) fn note_retry_after(&mut self, retry_after: Option<Duration>) {
        self.retry_after = retry_after;
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Failures of an epoch that is over were the fleet's.
    pub(super) fn start_anew(&mut self) {
        *self = Self::default();
    }

    /// From now on calls pass one at a time.
    pub(super) fn stand_by(&mut self, now: Timestamp) {
        self.stopped_until = Some(now);
        self.forsaken = true;
    }

    /// Failures of before a long sleep say nothing about this process now.
    pub(super) fn forget_the_past(&mut self, policy: &Policy, now: Timestamp) {
        let long_ago = |at: Timestamp| now.since(at) >= policy.window;
        if self.last_failure.is_some_and(long_ago) && self.stopped_until.is_none() {
            *self = Self::default();
        }
    }

    /// Failures since the last success.
    pub(super) fn streak(&self) -> u32 {
        self.streak
    }

    /// Whether the newest failure is newer than what was heard at `heard`.
    pub(super) fn failed_since(&self, heard: Timestamp) -> bool {
        self.last_failure.is_some_and(|at| heard <= at)
    }

    /// Whether the newest failure is no older than this.
    pub(super) fn failed_within(&self, time: Duration, now: Timestamp) -> bool {
        self.last_failure.is_some_and(|at| now.since(at) < time)
    }

    /// Stops the process while nobody can be asked.
    pub(super) fn stop_forsaken(
        &mut self,
        policy: &Policy,
        now: Timestamp,
        draw: f64,
    ) -> Timestamp {
        self.forsaken = true;
        self.stop(policy, now, draw)
    }

    /// The store answers: what was decided without it ends.
    pub(super) fn return_to_the_fleet(&mut self) {
        if self.forsaken {
            *self = Self::default();
        }
    }

    /// Stops the process, the longer the more trials have failed; `draw` is
    /// uniform from 0 to 1.
    pub(super) fn stop(&mut self, policy: &Policy, now: Timestamp, draw: f64) -> Timestamp {
        let again = self.stopped_until.is_some();
        self.failed_trials = if again {
            self.failed_trials.saturating_add(1)
        } else {
            0
        };
        let until = now + policy.open_time(self.failed_trials, draw);
        self.stopped_until = Some(until);
        self.trial = None;
        until
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_quiet(&self) -> bool {
        self.streak == 0 && self.stopped_until.is_none()
    }

    /// Whether the process is stopped or finding out whether it can go on.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped_until.is_some()
    }

    /// Keeps calls back for a moment.
    pub(super) fn hold(now: Timestamp, draw: f64) -> Timestamp {
        now + Duration::from_millis(250).mul_f64(1.0 + draw)
    }
}

#[cfg(test)]
mod tests;
