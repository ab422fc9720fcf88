//! Watches what is counted: nothing that was not a call of that epoch, and
//! nothing twice.

use std::collections::BTreeMap;

use breaker_core::{
    Outcome,
    member::Operation,
    protocol::{Change, Counts, Epoch},
};

use super::{Finding, Invariant, Rule, Scene, member::Running};
use crate::{process::Refusal, units::Micros, watch::StepEvent};

/// Compares what environments report with what they did.
#[derive(Debug, Default)]
pub(super) struct CountsInvariant {
    accounts: BTreeMap<(u32, Epoch), Account>,
}

/// One environment in one epoch.
#[derive(Debug, Default)]
struct Account {
    /// Its calls that are over.
    made: Counts,
    /// Those that the fleet was told of.
    told: Counts,
}

impl Invariant for CountsInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        match scene.event {
            StepEvent::Ends { call, outcome } => {
                if let Some(running) = scene.member.running.get(call)
                    && !running.is_probe
                {
                    let key = (scene.who.environment, running.epoch);
                    let account = self.accounts.entry(key).or_default();
                    account.made.add(worth(*running, *outcome, scene));
                }
                Ok(())
            }
            StepEvent::Served {
                operation:
                    Operation::Apply {
                        basis,
                        change: Change::Report(report),
                    },
                before,
                after,
                ..
            } if before != after => {
                let foreign = after.evidence.0.keys().find(|key| key.epoch != after.epoch);
                if let Some(foreign) = foreign {
                    let how = format!("{foreign:?} is counted in epoch {}", after.epoch);
                    return Err((Rule::Stale, how));
                }
                let key = (scene.who.environment, basis.epoch);
                let hanging = overdue(scene).filter(|running| running.epoch == basis.epoch);
                let hanging = hanging.count() as u64;
                let account = self.accounts.entry(key).or_default();
                for counts in report.tally.values() {
                    account.told.add(*counts);
                }
                account.balances(hanging)
            }
            // It may have told of those that hung.
            StepEvent::Vanishes => {
                for running in overdue(scene) {
                    let key = (scene.who.environment, running.epoch);
                    let account = self.accounts.entry(key).or_default();
                    account.made.add(OVERDUE);
                }
                Ok(())
            }
            StepEvent::Arrives
            | StepEvent::Admitted { .. }
            | StepEvent::Refused {
                by: Refusal::Circuit | Refusal::Itself,
            }
            | StepEvent::Asks { .. }
            | StepEvent::Served { .. }
            | StepEvent::Hears { .. } => Ok(()),
        }
    }
}

impl Account {
    /// So many calls are under way that may have been told of as slow.
    fn balances(&self, hanging: u64) -> Finding {
        let told = self.told;
        let mut made = self.made;
        (0..hanging).for_each(|_| made.add(OVERDUE));
        let more = told.calls + told.alarms > made.calls
            || told.failures > made.failures
            || told.slow > made.slow
            || told.both > made.both
            || told.alarms > made.alarms;
        if more {
            let how = format!("told {told:?} of {made:?} in this epoch");
            return Err((Rule::Counts, how));
        }
        Ok(())
    }
}

/// A call that hangs, told by a witness or by another.
const OVERDUE: Counts = Counts {
    alarms: 1,
    ..Counts::SLOW
};

/// The environment's calls that have been under way for so long that they are
/// slow.
fn overdue(scene: &Scene<'_>) -> impl Iterator<Item = Running> {
    let (policy, now) = (&scene.bounds.policy, scene.moment.at);
    let running = scene.member.running.values().copied();
    running.filter(move |running| !running.is_probe && running.is_overdue(policy, now))
}

fn worth(running: Running, outcome: Outcome, scene: &Scene<'_>) -> Counts {
    let now: Micros = scene.moment.at;
    let bad = running.is_bad(outcome, &scene.bounds.policy, now);
    let failed = matches!(
        outcome,
        Outcome::Failure | Outcome::RetryAfter(_) | Outcome::Withheld(_)
    );
    // The response may have waited for the store, until it was slow.
    let waits = crate::units::micros_of(scene.bounds.policy.store_timeout) * 2;
    let slow = running.is_bad(Outcome::Success, &scene.bounds.policy, now + waits);
    Counts {
        calls: 1,
        failures: u64::from(failed),
        slow: u64::from(slow || (bad && !failed)),
        both: u64::from(slow && failed),
        alarms: u64::from(bad || slow),
    }
}
