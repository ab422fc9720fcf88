//! What the gate and the counters say when nothing races, and that real
//! threads lose nothing either.

use std::{sync::Barrier, thread, time::Duration};

use proptest::prelude::*;

use super::{
    counters::Counters,
    gate::{EpochTag, Gate},
};
use crate::{protocol::Epoch, time::Steady};

const EPOCH: Epoch = Epoch(7);
const TAG: EpochTag = EpochTag::of(EPOCH);
const FOREVER: Duration = Duration::MAX;

fn at(ms: u64) -> Steady {
    Steady::from_ms(ms)
}

#[test]
fn the_gate_lets_calls_through_until_the_quiet_ends() {
    let gate = Gate::shut_from_the_start(FOREVER);
    assert_eq!(gate.passes(at(0)), None);
    gate.publish(at(1000), EPOCH);
    assert_eq!(gate.passes(at(999)), Some(TAG));
    assert_eq!(gate.passes(at(1000)), None);
    assert_eq!(gate.passes(at(1 << 48)), None);
}

#[test]
fn a_quiet_that_began_by_a_clock_that_was_set_back_is_none() {
    let gate = Gate::shut_from_the_start(Duration::from_secs(10));
    gate.publish(at(100_000), EPOCH);
    assert_eq!(gate.passes(at(90_000)), Some(TAG));
    assert_eq!(gate.passes(at(89_999)), None);
    assert_eq!(gate.passes(at(0)), None);
}

#[test]
fn a_shut_gate_lets_nothing_through() {
    let gate = Gate::shut_from_the_start(FOREVER);
    gate.publish(at(1000), EPOCH);
    gate.shut(EPOCH);
    assert_eq!(gate.passes(at(0)), None);
    assert_eq!(gate.passes(at(999)), None);
}

#[test]
fn a_quiet_without_end_leaves_the_epoch_alone() {
    let gate = Gate::shut_from_the_start(FOREVER);
    for end in [1 << 48, u64::MAX] {
        gate.publish(at(end), EPOCH);
        assert_eq!(gate.passes(at(1 << 47)), Some(TAG));
    }
    gate.publish(at(1000), Epoch(u64::MAX));
    assert_eq!(gate.passes(at(999)), Some(EpochTag::of(Epoch(u64::MAX))));
    assert_eq!(gate.passes(at(1000)), None);
}

#[test]
fn threads_that_count_while_another_collects_lose_nothing() {
    const THREADS: usize = 6;
    const CALLS: u64 = 50_000;
    // Some with a counter of their own and some without.
    for own in [0, 2, 64] {
        let counters = Counters::new(own);
        let ready = Barrier::new(THREADS + 1);
        let mut collected = 0;
        thread::scope(|scope| {
            let counting: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        ready.wait();
                        for _ in 0..CALLS {
                            counters.count();
                        }
                    })
                })
                .collect();
            ready.wait();
            while !counting.iter().all(thread::ScopedJoinHandle::is_finished) {
                collected += counters.drain();
            }
        });
        collected += counters.drain();
        let calls = THREADS as u64 * CALLS;
        assert_eq!(collected, calls, "with {own} counters");
    }
}

proptest! {
    #[test]
    fn each_call_is_collected_once(
        counted in prop::collection::vec(0..50_u64, 1..30),
        own in 0..2_usize,
    ) {
        let counters = Counters::new(own * 64);
        for calls in counted {
            (0..calls).for_each(|_| counters.count());
            prop_assert_eq!(counters.drain(), calls);
            prop_assert_eq!(counters.drain(), 0);
        }
    }
}
