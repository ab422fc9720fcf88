//! Many runs on all cores.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::Cell;
use crate::{figures::Figures, run::run, scenario::Scenario};

/// Runs every cell with every seed and gives the figures by cell, in the order
/// of the seeds, whichever is done first. `done` is told after each run.
pub fn run_all(cells: &[Cell], seeds: &[u64], done: impl Fn() + Sync) -> Vec<Vec<Figures>> {
    let mut jobs: Vec<(usize, usize)> = (0..cells.len())
        .flat_map(|cell| (0..seeds.len()).map(move |seed| (cell, seed)))
        .collect();
    // The longest first, so that no core is left with one at the end.
    let length = |(cell, _): &(usize, usize)| total_calls(&cells[*cell].scenario);
    jobs.sort_by(|one, other| length(other).total_cmp(&length(one)));
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![vec![Figures::default(); seeds.len()]; cells.len()]);
    let work = || {
        while let Some(&(cell, seed)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = run(&cells[cell].scenario, seeds[seed]);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results[cell][seed] = outcome.figures;
            drop(results);
            done();
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores.min(jobs.len()) {
            scope.spawn(work);
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn total_calls(scenario: &Scenario) -> f64 {
    (scenario.duration_s + scenario.fleet.warm_up_s) * scenario.fleet.calls_per_second
}
