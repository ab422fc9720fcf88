//! Watches what is counted: nothing that was not a call of that epoch, and
//! nothing twice.

use std::collections::BTreeMap;

use breaker_core::{
    Outcome,
    member::Operation,
    protocol::{Change, Counts, Epoch},
};

use super::{Finding, Judge, Rule, Scene, member::Running};
use crate::{process::Refusal, units::Micros, watch::Sight};

/// Compares what environments report with what they did.
#[derive(Debug, Default)]
pub(super) struct CountsJudge {
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

impl Judge for CountsJudge {
    fn judge(&mut self, scene: &Scene<'_>) -> Finding {
        match scene.sight {
            Sight::Ends { call, outcome } => {
                if let Some(running) = scene.member.running.get(call)
                    && !running.is_probe
                {
                    let key = (scene.who.environment, running.epoch);
                    let account = self.accounts.entry(key).or_default();
                    account.made.add(worth(*running, *outcome, scene));
                }
                Ok(())
            }
            Sight::Served {
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
                let account = self.accounts.entry(key).or_default();
                for counts in report.tally.values() {
                    account.told.add(*counts);
                }
                account.balances()
            }
            Sight::Arrives
            | Sight::Admitted { .. }
            | Sight::Refused {
                by: Refusal::Circuit | Refusal::Itself,
            }
            | Sight::Vanishes
            | Sight::Asks { .. }
            | Sight::Served { .. }
            | Sight::Hears { .. } => Ok(()),
        }
    }
}

impl Account {
    fn balances(&self) -> Finding {
        let Self { made, told } = self;
        let more =
            told.calls > made.calls || told.failures > made.failures || told.slow > made.slow;
        if more {
            let how = format!("told {told:?} of {made:?} in this epoch");
            return Err((Rule::Counts, how));
        }
        Ok(())
    }
}

fn worth(running: Running, outcome: Outcome, scene: &Scene<'_>) -> Counts {
    let now: Micros = scene.moment.at;
    let bad = running.is_bad(outcome, &scene.law.policy, now);
    let failed = matches!(
        outcome,
        Outcome::Failure | Outcome::RetryAfter(_) | Outcome::Withheld(_)
    );
    // The response may have waited for the store, until it was slow.
    let waits = crate::units::micros_of(scene.law.policy.store_timeout) * 2;
    let slow = running.is_bad(Outcome::Success, &scene.law.policy, now + waits);
    Counts {
        calls: 1,
        failures: u64::from(failed),
        slow: u64::from(slow || (bad && !failed)),
    }
}
