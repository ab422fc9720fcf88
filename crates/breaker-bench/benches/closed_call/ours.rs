//! breaker-core, as a plain call and as a future.

use breaker_core::{
    Breaker, Clock as _, MemoryStore, Outcome, Policy, Record, SystemClock,
    member::{Admission, Member, OsEntropy},
};
use std::{sync::Arc, thread, time::Duration};

use crate::{
    rounds::{Group, measure, measure_future},
    succeed,
};

/// As by default, except that no news fall due while the clock is stopped at a
/// single call.
fn policy() -> Policy {
    Policy {
        refresh_after: Duration::from_hours(1),
        max_stale: Duration::from_hours(1),
        ..Policy::default()
    }
}

/// The decision alone, as one drives it who does the I/O himself: two readings
/// of the clock, one admission, one success counted.
pub(crate) fn plain(group: &mut Group<'_>, threads: usize) {
    let counting = thread::available_parallelism().map_or(1, usize::from) + 1;
    let member =
        Member::for_threads(policy(), OsEntropy::new(), counting).expect("the policy makes sense");
    let clock = SystemClock;
    member.on_strong_read(Record::default(), member.known_epoch(), clock.now());
    measure(group, threads, "breaker-core", |value| {
        let Admission::Admitted(permit) = member.begin(clock.now()) else {
            return None;
        };
        let result = succeed(value);
        let outcome = Outcome::from_result(&result);
        match member.end(permit, outcome, clock.now()) {
            None => result.ok(),
            Some(_) => None,
        }
    });
}

/// The whole of it, over a store that is not asked.
pub(crate) fn future(group: &mut Group<'_>, threads: usize) {
    let name = "bench".parse().expect("a name");
    let breaker = Breaker::new(name, policy(), Arc::new(MemoryStore::new()));
    let breaker = breaker.expect("the policy makes sense");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime");
    let warm = runtime.block_on(breaker.warm_up(Duration::from_secs(1)));
    warm.expect("memory answers");
    measure_future(
        group,
        threads,
        "breaker-core",
        &breaker,
        async |breaker, value| {
            let call = breaker.call(async { succeed(value) }, Outcome::from_result);
            call.await.ok()
        },
    );
}
