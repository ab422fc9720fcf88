//! The parts of breaker-core that a healthy call touches, put together as the
//! breaker does it.

use breaker_core::{
    Clock as _, Epoch, SystemClock, Timestamp,
    member::{Counters, EpochTag, Gate, SlotLength},
};
use std::{sync::Arc, thread, time::Duration};

use crate::{
    rounds::{Group, measure, measure_future},
    succeed,
};

pub(crate) fn plain(group: &mut Group<'_>, threads: usize) {
    let breaker = StandIn::new();
    measure(group, threads, "breaker-core", |value| {
        let permit = breaker.admit();
        let result = succeed(value);
        breaker.record(&permit, result.is_ok());
        result.ok()
    });
}

pub(crate) fn future(group: &mut Group<'_>, threads: usize) {
    let breaker = Arc::new(StandIn::new());
    measure_future(
        group,
        threads,
        "breaker-core",
        &breaker,
        async |breaker, value| breaker.call(async { succeed(value) }).await.ok(),
    );
}

/// What `Breaker` is to the benchmark.
struct StandIn {
    clock: SystemClock,
    gate: Gate,
    slots: SlotLength,
    counters: Counters,
    slow_after_ms: u64,
}

struct Permit {
    epoch: EpochTag,
    slow_from: Timestamp,
}

const EPOCH: Epoch = Epoch(7);

/// For how long nothing need be fetched or told.
const QUIET: Duration = Duration::from_secs(1);

impl StandIn {
    fn new() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self {
            clock: SystemClock,
            gate: Gate::shut_from_the_start(),
            slots: SlotLength::from_ms(500),
            // One for the thread that waits for the others.
            counters: Counters::new(threads + 1, 1),
            slow_after_ms: 1000,
        }
    }

    async fn call<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let permit = self.admit();
        let result = call.await;
        self.record(&permit, result.is_ok());
        result
    }

    #[inline]
    fn admit(&self) -> Permit {
        let now = self.clock.now();
        let epoch = self.gate.passes(now);
        Permit {
            epoch: epoch.unwrap_or_else(|| self.admit_slowly(now)),
            slow_from: Timestamp::from_unix_ms(now.as_unix_ms() + self.slow_after_ms),
        }
    }

    #[inline]
    fn record(&self, permit: &Permit, success: bool) {
        let now = self.clock.now();
        if success && now < permit.slow_from {
            let slot = self.slots.slot(now);
            self.counters.count(permit.epoch, slot, self.gate.sample());
        } else {
            self.record_slowly();
        }
    }

    #[cold]
    fn admit_slowly(&self, now: Timestamp) -> EpochTag {
        self.counters.drain(EPOCH, self.slots.slot(now));
        self.gate.publish(now + QUIET, EPOCH);
        EpochTag::of(EPOCH)
    }

    #[cold]
    fn record_slowly(&self) {
        self.gate.shut();
    }
}
