//! What a successful call through a closed circuit costs beyond the call.
//!
//! Ours beside its peers, in one run, so that all meet the same machine. The
//! peers keep their state in one process; ours does its share for the fleet
//! on top and is still to be the cheapest.
//!
//! `cargo bench -p breaker-bench --bench closed_call`; add a part of a name to run
//! only that.

#![expect(clippy::expect_used, reason = "a benchmark that cannot start says why")]

mod ours;
mod peers;
mod rounds;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

/// The protected call: nothing, but the optimiser does not know.
fn succeed(value: u64) -> Result<u64, u64> {
    black_box(Ok(value))
}

fn plain_functions(criterion: &mut Criterion) {
    for threads in [1, 2] {
        let mut group = criterion.benchmark_group(rounds::name(threads));
        ours::plain(&mut group, threads);
        peers::recloser(&mut group, threads);
        peers::failsafe_consecutive(&mut group, threads);
        peers::failsafe_ewma(&mut group, threads);
        group.finish();
    }
}

fn futures(criterion: &mut Criterion) {
    for threads in [1, 2] {
        let name = format!("{}, future", rounds::name(threads));
        let mut group = criterion.benchmark_group(name);
        ours::future(&mut group, threads);
        peers::tower_resilience(&mut group, threads);
        group.finish();
    }
}

criterion_group!(closed_call, plain_functions, futures);
criterion_main!(closed_call);
