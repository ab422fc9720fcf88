//! Many fuzz on all cores.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{Verdict, run};

/// Runs so many fuzz from seed `from` on and gives those that broke a rule,
/// by seed. `done` is told of each.
pub fn run_all(from: u64, seeds: u64, done: impl Fn(&Verdict) + Sync) -> Vec<Verdict> {
    let next = AtomicU64::new(0);
    let broken = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= seeds {
                return;
            }
            let verdict = run(from.wrapping_add(index));
            done(&verdict);
            if verdict.violation.is_some() {
                let mut broken = broken.lock().unwrap_or_else(PoisonError::into_inner);
                broken.push(verdict);
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let mut broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.sort_by_key(|verdict| verdict.seed);
    broken
}
