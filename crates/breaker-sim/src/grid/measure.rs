//! Many cells on all cores.

use super::Cell;
use crate::{
    judge::{Finding, Rule, run_and_judge},
    scenario::{Kind, Scenario},
    sweep::{in_parallel, total_calls},
};

/// A cell with what the rules found, by kind in the order that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The cell.
    pub cell: Cell,
    /// Findings of each kind, in the order of the rules.
    pub findings: Vec<Vec<Finding>>,
}

/// Runs every cell with every kind and judges it. `done` is called after each
/// run.
pub fn judge_all(
    cells: Vec<Cell>,
    kinds: &[Kind],
    rules: &[Rule],
    done: impl Fn() + Sync,
) -> Vec<Judged> {
    let mut jobs: Vec<(usize, Kind)> = (0..cells.len())
        .flat_map(|cell| kinds.iter().map(move |kind| (cell, *kind)))
        .collect();
    // The longest first, so that no core is left with one at the end.
    let length = |(cell, _): &(usize, Kind)| total_calls(&cells[*cell].scenario);
    jobs.sort_by(|one, other| length(other).total_cmp(&length(one)));
    let findings = in_parallel(&jobs, |&(cell, breaker)| {
        let cell = &cells[cell];
        let scenario = Scenario {
            breaker,
            ..cell.scenario.clone()
        };
        let findings = run_and_judge(&scenario, cell.seed, rules);
        done();
        findings
    });
    // Stable, so that kinds stay in their order.
    let mut found: Vec<(usize, Vec<Finding>)> =
        jobs.iter().map(|(cell, _)| *cell).zip(findings).collect();
    found.sort_by_key(|(cell, _)| *cell);
    let mut found = found.into_iter().map(|(_, findings)| findings);
    let judged = cells.into_iter().map(|cell| Judged {
        cell,
        findings: found.by_ref().take(kinds.len()).collect(),
    });
    judged.collect()
}
