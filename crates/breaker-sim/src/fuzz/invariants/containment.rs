//! Watches that a dependency which is down is left alone while the store is
//! away as well.

use std::{collections::BTreeMap, time::Duration};

use breaker_core::Outcome;

use super::{super::bounds::stops_for, Bounds, Finding, Invariant, Rule, Scene};
use crate::{
    units::{Micros, micros_of, seconds_of},
    watch::StepEvent,
};

/// After so long an environment must have noticed that nobody answers.
const NOTICED: Duration = Duration::from_secs(2);

/// So many failures are proof, and a few that take so long are a run.
const PROOF: u32 = 28;
const RUN_TAKES: Duration = Duration::from_secs(4);

/// Failures until an environment knows that the store does not answer.
const SPARE_FAILURES: u32 = 5;

/// Counts the calls of each environment that fails and cannot ask.
#[derive(Debug, Default)]
pub(super) struct ContainmentInvariant {
    forsaken: BTreeMap<u32, Forsaken>,
}

/// An environment while neither the store nor the dependency answers.
#[derive(Debug)]
struct Forsaken {
    /// When its first call failed since.
    since: Micros,
    failures: u32,
    /// When it had felt enough to stop itself.
    warned: Option<Micros>,
    /// Calls that it admitted after that.
    admitted: u32,
}

impl Invariant for ContainmentInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        let now = scene.moment.at;
        let bounds = scene.bounds;
        let dark = |at: Micros| bounds.store_is_dead(at) && bounds.is_total_at(at);
        match scene.event {
            StepEvent::Vanishes => {
                self.forsaken.remove(&scene.who.environment);
                Ok(())
            }
            StepEvent::Arrives if !dark(now) => {
                self.forsaken.remove(&scene.who.environment);
                Ok(())
            }
            StepEvent::Ends { call, outcome } if dark(now) => {
                let Some(running) = scene.member.running.get(call) else {
                    return Ok(());
                };
                if *outcome == Outcome::Success && !running.is_overdue(&bounds.policy, now) {
                    self.forsaken.remove(&scene.who.environment);
                }
                if !dark(running.admitted) || !running.is_bad(*outcome, &bounds.policy, now) {
                    return Ok(());
                }
                let new = || Forsaken {
                    since: now,
                    failures: 0,
                    warned: None,
                    admitted: 0,
                };
                let forsaken = self
                    .forsaken
                    .entry(scene.who.environment)
                    .or_insert_with(new);
                forsaken.failures += 1;
                if forsaken.knows(bounds, now) {
                    forsaken.warned.get_or_insert(now);
                }
                Ok(())
            }
            StepEvent::Admitted { .. }
                if scene
                    .member
                    .known
                    .active_override(scene.who.clock)
                    .is_none() =>
            {
                let forsaken = self.forsaken.get_mut(&scene.who.environment);
                forsaken.map_or(Ok(()), |forsaken| forsaken.admits(bounds, now))
            }
            StepEvent::Arrives
            | StepEvent::Admitted { .. }
            | StepEvent::Refused { .. }
            | StepEvent::Ends { .. }
            | StepEvent::Asks { .. }
            | StepEvent::Served { .. }
            | StepEvent::Hears { .. } => Ok(()),
        }
    }
}

impl Forsaken {
    /// Whether it has felt enough to stop itself.
    fn knows(&self, bounds: &Bounds, now: Micros) -> bool {
        let lasts = |duration| Bounds::after(self.since, duration) <= now;
        let failures = self.failures.saturating_sub(SPARE_FAILURES);
        lasts(NOTICED) && failures > PROOF
            || lasts(RUN_TAKES) && failures >= bounds.policy.consecutive_failures
    }

    /// From now on one call at a time tries, after five seconds or a fifth less,
    /// and twice as long each time.
    fn admits(&mut self, bounds: &Bounds, now: Micros) -> Finding {
        let Some(warned) = self.warned else {
            return Ok(());
        };
        self.admitted += 1;
        if self.admitted > tries(bounds, now - warned) {
            let how = format!(
                "{} calls pass in {:.1} s after {} failures while nobody answers",
                self.admitted,
                seconds_of(now - warned),
                self.failures
            );
            return Err((Rule::Containment, how));
        }
        Ok(())
    }
}

/// How many calls may try in a time: one at once, and one after each stop.
fn tries(bounds: &Bounds, within: Micros) -> u32 {
    let mut tries = 1;
    let mut waited = 0;
    loop {
        // One that hangs is not waited for longer than a probe.
        let stop = stops_for(tries - 1)
            .mul_f64(0.8)
            .min(bounds.policy.probe_timeout);
        waited += micros_of(stop);
        if waited > within {
            return tries;
        }
        tries += 1;
    }
}
