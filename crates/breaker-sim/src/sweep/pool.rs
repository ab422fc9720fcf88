//! Many runs on all cores.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    figures::Figures,
    run::run,
    scenario::{Cell, Scenario},
};

/// Runs every cell with every seed and gives the figures by cell, in the order
/// of the seeds, whichever is done first. `done` is told after each run.
pub fn run_all(cells: &[Cell], seeds: &[u64], done: impl Fn() + Sync) -> Vec<Vec<Figures>> {
    let mut jobs: Vec<(usize, usize)> = (0..cells.len())
        .flat_map(|cell| (0..seeds.len()).map(move |seed| (cell, seed)))
        .collect();
    // The longest first, so that no core is left with one at the end.
    let length = |(cell, _): &(usize, usize)| total_calls(&cells[*cell].scenario);
    jobs.sort_by(|one, other| length(other).total_cmp(&length(one)));
    let figures = in_parallel(&jobs, |&(cell, seed)| {
        let outcome = run(&cells[cell].scenario, seeds[seed]);
        done();
        outcome.figures
    });
    let mut results = vec![vec![Figures::default(); seeds.len()]; cells.len()];
    for ((cell, seed), figures) in jobs.into_iter().zip(figures) {
        results[cell][seed] = figures;
    }
    results
}

/// Does jobs on all cores, in their order, and gives their results in that
/// order, whichever is done first.
pub(crate) fn in_parallel<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(jobs.len()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else {
                return;
            };
            let result = work(job);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.push((index, result));
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores.min(jobs.len()) {
            scope.spawn(work);
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// How many calls a run of a scenario has about, without changes of traffic.
pub(crate) fn total_calls(scenario: &Scenario) -> f64 {
    (scenario.duration_s + scenario.fleet.warm_up_s) * scenario.fleet.calls_per_second
}
