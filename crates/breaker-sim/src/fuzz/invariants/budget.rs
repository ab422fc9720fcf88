//! Watches what the store is asked.

use std::collections::VecDeque;

use super::{Finding, Invariant, Rule, Scene};
use crate::{
    store::Cost,
    units::{Micros, SECOND, number, seconds_of},
    watch::StepEvent,
};

/// The budget is one of each ten seconds.
const PERIOD: Micros = 10 * SECOND;

/// Writes a second of a fleet.
const MOST_WRITES_PER_S: f64 = 200.0;

/// What the arrival or the end of a call may cost, whatever happens.
const WRITES_PER_CALL: f64 = 1.5;
const READS_PER_CALL: f64 = 1.5;

/// Once everything has been well for as long as failures are remembered.
const QUIET_WRITES_PER_S: f64 = 3.0;
const QUIET_READS_PER_CALL: f64 = 0.5;

/// Counts requests and calls of the last seconds.
#[derive(Debug, Default)]
pub(super) struct BudgetInvariant {
    reads: VecDeque<Micros>,
    writes: VecDeque<Micros>,
    /// That arrived, and that ended.
    calls: VecDeque<Micros>,
    /// When a call last failed, or the record last moved.
    trouble: Micros,
}

impl Invariant for BudgetInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        let now = scene.moment.at;
        match scene.event {
            StepEvent::Arrives => self.calls.push_back(now),
            StepEvent::Served {
                cost,
                before,
                after,
                ..
            } => {
                if before.epoch != after.epoch {
                    self.trouble = now;
                }
                match cost {
                    Cost::Nothing | Cost::Refused => return Ok(()),
                    Cost::Read { .. } => self.reads.push_back(now),
                    Cost::Write { .. } => self.writes.push_back(now),
                }
                return self.keeps_within(scene);
            }
            StepEvent::Ends { call, outcome } => {
                self.calls.push_back(now);
                let running = scene.member.running.get(call);
                if running.is_some_and(|run| run.is_bad(*outcome, &scene.bounds.policy, now)) {
                    self.trouble = now;
                }
            }
            StepEvent::Vanishes => self.trouble = now,
            StepEvent::Admitted { .. }
            | StepEvent::Refused { .. }
            | StepEvent::Asks { .. }
            | StepEvent::Hears { .. } => {}
        }
        Ok(())
    }
}

impl BudgetInvariant {
    fn keeps_within(&mut self, scene: &Scene<'_>) -> Finding {
        let now = scene.moment.at;
        let since = now.saturating_sub(PERIOD);
        let mut of_period = |times: fn(&mut Self) -> &mut VecDeque<Micros>| {
            let times = times(self);
            while times.front().is_some_and(|at| *at < since) {
                times.pop_front();
            }
            number(times.len() as u64)
        };
        let reads = of_period(|budget| &mut budget.reads);
        let writes = of_period(|budget| &mut budget.writes);
        let calls = of_period(|budget| &mut budget.calls);
        let seconds = seconds_of(PERIOD);
        let forgotten = scene.bounds.policy.window + scene.bounds.policy.ramp_for;
        let quiet = super::Bounds::after(self.trouble, forgotten) < now
            && super::Bounds::after(0, forgotten) < now;
        // Traffic that nobody has promised yet is sampled by what is counted of
        // it, and what is counted has been sampled: the mean of both comes of it.
        let arrivals_per_s = calls / 2.0 / seconds;
        let crowd_per_s = 2.0 * scene.bounds.policy.sampled_calls_per_s;
        let most_per_s = MOST_WRITES_PER_S.max((crowd_per_s * arrivals_per_s).sqrt());
        // Each environment that wakes from a spell without traffic asks once.
        let fleet = f64::from(scene.bounds.scenario.fleet.environments);
        // Chance may gather some requests.
        let spare = 10.0;
        let (most_writes, most_reads) = if quiet {
            (
                (QUIET_WRITES_PER_S * seconds).min(calls) + spare,
                (QUIET_READS_PER_CALL * calls).max(fleet) + spare,
            )
        } else {
            (
                (WRITES_PER_CALL * calls).min(most_per_s * seconds) + spare,
                READS_PER_CALL * calls + spare,
            )
        };
        if writes > most_writes || reads > most_reads {
            let how = format!(
                "{writes} writes (of {most_writes}) and {reads} reads (of {most_reads}) \
                 for {calls} calls in {seconds} s"
            );
            return Err((Rule::Budget, how));
        }
        Ok(())
    }
}
