//! Watches what the store is asked.

use std::collections::VecDeque;

use super::{Finding, Judge, Rule, Scene};
use crate::{
    store::Cost,
    units::{Micros, SECOND, number, seconds_of},
    watch::Sight,
};

/// The budget is one of each ten seconds.
const PERIOD: Micros = 10 * SECOND;

/// Writes a second of a fleet, whatever happens.
const MOST_WRITES_PER_S: f64 = 200.0;

/// What the arrival or the end of a call may cost, whatever happens.
const WRITES_PER_CALL: f64 = 1.5;
const READS_PER_CALL: f64 = 1.5;

/// Once everything has been well for as long as failures are remembered.
const QUIET_WRITES_PER_S: f64 = 3.0;
const QUIET_READS_PER_CALL: f64 = 0.5;

/// Counts requests and calls of the last seconds.
#[derive(Debug, Default)]
pub(super) struct BudgetJudge {
    reads: VecDeque<Micros>,
    writes: VecDeque<Micros>,
    /// That arrived, and that ended.
    calls: VecDeque<Micros>,
    /// When a call last failed, or the record last moved.
    trouble: Micros,
}

impl Judge for BudgetJudge {
    fn judge(&mut self, scene: &Scene<'_>) -> Finding {
        let now = scene.moment.at;
        match scene.sight {
            Sight::Arrives => self.calls.push_back(now),
            Sight::Served {
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
            Sight::Ends { call, outcome } => {
                self.calls.push_back(now);
                let running = scene.member.running.get(call);
                if running.is_some_and(|run| run.is_bad(*outcome, &scene.law.policy, now)) {
                    self.trouble = now;
                }
            }
            Sight::Vanishes => self.trouble = now,
            Sight::Admitted { .. }
            | Sight::Refused { .. }
            | Sight::Asks { .. }
            | Sight::Hears { .. } => {}
        }
        Ok(())
    }
}

impl BudgetJudge {
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
        let reads = of_period(|judge| &mut judge.reads);
        let writes = of_period(|judge| &mut judge.writes);
        let calls = of_period(|judge| &mut judge.calls);
        let seconds = seconds_of(PERIOD);
        let forgotten = scene.law.policy.window + scene.law.policy.ramp_for;
        let quiet = super::Law::after(self.trouble, forgotten) < now
            && super::Law::after(0, forgotten) < now;
        // Each environment that wakes from a spell without traffic asks once.
        let fleet = f64::from(scene.law.scenario.fleet.environments);
        // Chance may gather some requests.
        let spare = 10.0;
        let (most_writes, most_reads) = if quiet {
            (
                (QUIET_WRITES_PER_S * seconds).min(calls) + spare,
                (QUIET_READS_PER_CALL * calls).max(fleet) + spare,
            )
        } else {
            (
                (WRITES_PER_CALL * calls).min(MOST_WRITES_PER_S * seconds) + spare,
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
