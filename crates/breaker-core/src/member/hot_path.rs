//! What the gate and the counters say when nothing races, and that real
//! threads lose nothing either.

use std::{collections::BTreeMap, sync::Barrier, thread, time::Duration};

use proptest::prelude::*;

use super::{
    counters::{Counters, Drained},
    gate::{EpochTag, Gate},
};
use crate::{
    protocol::{Epoch, Slot},
    time::Timestamp,
};

const EPOCH: Epoch = Epoch(7);
const TAG: EpochTag = EpochTag::of(EPOCH);
const ALL: u64 = u64::MAX;
const FOREVER: Duration = Duration::MAX;

fn at(ms: u64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

fn drained(arrivals: u64, sampled: &[(u64, u64)]) -> Drained {
    let sampled = sampled.iter().map(|&(slot, calls)| (Slot(slot), calls));
    Drained {
        arrivals,
        sampled: sampled.collect(),
    }
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
fn calls_are_collected_once_and_by_slot() {
    let counters = Counters::new(1, 1);
    for slot in [100, 101, 101] {
        counters.count(TAG, Slot(slot), ALL);
    }
    let first = counters.drain(EPOCH, Slot(101));
    assert_eq!(first, drained(3, &[(100, 1), (101, 2)]));
    counters.count(TAG, Slot(101), ALL);
    assert_eq!(counters.drain(EPOCH, Slot(101)), drained(1, &[(101, 1)]));
    assert_eq!(counters.drain(EPOCH, Slot(101)), Drained::default());
}

#[test]
fn samples_of_another_epoch_are_dropped_for_good() {
    let counters = Counters::new(1, 1);
    counters.count(TAG, Slot(100), ALL);
    assert_eq!(counters.drain(EPOCH.next(), Slot(100)), drained(1, &[]));
    assert_eq!(counters.drain(EPOCH, Slot(100)), Drained::default());
}

#[test]
fn a_newer_epoch_starts_a_slot_again_and_a_late_call_does_not() {
    // Also where the number wraps round.
    for old in [Epoch(7), Epoch(0xffff)] {
        let counters = Counters::new(1, 1);
        for epoch in [old, old.next(), old] {
            counters.count(EpochTag::of(epoch), Slot(100), ALL);
        }
        let drained_new = counters.drain(old.next(), Slot(100));
        assert_eq!(drained_new, drained(3, &[(100, 1)]), "after {old}");
    }
}

#[test]
fn samples_are_given_from_31_slots_ago_to_one_ahead() {
    for (newest, kept) in [(98, false), (99, true), (131, true), (132, false)] {
        let counters = Counters::new(1, 1);
        counters.count(TAG, Slot(100), ALL);
        let expected = if kept { vec![(100, 1)] } else { vec![] };
        let seen = counters.drain(EPOCH, Slot(newest));
        assert_eq!(seen, drained(1, &expected), "at {newest}");
    }
}

#[test]
fn a_slot_that_takes_anothers_place_starts_from_zero() {
    let counters = Counters::new(1, 1);
    counters.count(TAG, Slot(100), ALL);
    counters.count(TAG, Slot(100), ALL);
    counters.count(TAG, Slot(132), ALL);
    assert_eq!(counters.drain(EPOCH, Slot(132)), drained(3, &[(132, 1)]));
}

#[test]
fn a_call_is_sampled_as_often_as_the_threshold_says() {
    let calls = 100_000_u32;
    for share in [0.0, 0.01, 0.5, 0.99] {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of 2^64"
        )]
        let threshold = (share * 2_f64.powi(64)) as u64;
        let counters = Counters::new(1, 1);
        for _ in 0..calls {
            counters.count(TAG, Slot(100), threshold);
        }
        let drained = counters.drain(EPOCH, Slot(100));
        assert_eq!(drained.arrivals, u64::from(calls));
        let sampled = drained.sampled.values().sum::<u64>();
        let sampled = f64::from(u32::try_from(sampled).unwrap());
        let expected = share * f64::from(calls);
        let five_sigma = 5.0 * (expected * (1.0 - share)).sqrt();
        assert!(
            (sampled - expected).abs() <= five_sigma,
            "{sampled} of {calls} instead of {expected}"
        );
    }
}

#[test]
fn with_one_stripe_the_seed_alone_decides_what_is_sampled() {
    let sampled = |seed| {
        let counters = Counters::new(0, seed);
        let mut sampled = Vec::new();
        for _ in 0..64 {
            counters.count(TAG, Slot(100), u64::MAX / 2);
            sampled.push(counters.drain(EPOCH, Slot(100)).sampled.len());
        }
        sampled
    };
    assert_eq!(
        sampled(1),
        thread::spawn(move || sampled(1)).join().unwrap()
    );
    assert_ne!(sampled(1), sampled(2));
}

#[test]
fn threads_that_count_while_another_collects_lose_nothing() {
    const THREADS: usize = 6;
    const CALLS: u64 = 50_000;
    // Some with a stripe of their own and some without.
    for own in [0, 2, 64] {
        let counters = Counters::new(own, 1);
        let ready = Barrier::new(THREADS + 1);
        let mut arrivals = 0;
        let mut sampled = BTreeMap::<Slot, u64>::new();
        let mut collect = || {
            let drained = counters.drain(EPOCH, Slot(103));
            arrivals += drained.arrivals;
            for (slot, calls) in drained.sampled {
                *sampled.entry(slot).or_default() += calls;
            }
        };
        thread::scope(|scope| {
            let counting: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        ready.wait();
                        for call in 0..CALLS {
                            counters.count(TAG, Slot(100 + call % 4), ALL);
                        }
                    })
                })
                .collect();
            ready.wait();
            while !counting.iter().all(thread::ScopedJoinHandle::is_finished) {
                collect();
            }
        });
        collect();
        let calls = THREADS as u64 * CALLS;
        assert_eq!(arrivals, calls);
        let slots = (100..104).map(|slot| (Slot(slot), calls / 4));
        assert_eq!(sampled, slots.collect(), "with {own} stripes");
    }
}

/// What the counters are to do, told simply.
#[derive(Default)]
struct Model {
    arrivals: u64,
    sampled: BTreeMap<u64, (Epoch, Slot, u64)>,
}

impl Model {
    fn count(&mut self, epoch: Epoch, slot: Slot) {
        self.arrivals += 1;
        let held = self.sampled.entry(slot.0 % 32).or_insert((epoch, slot, 0));
        if held.1 != slot || held.0 < epoch {
            *held = (epoch, slot, 0);
        }
        if held.0 == epoch {
            held.2 += 1;
        }
    }

    fn drain(&mut self, epoch: Epoch, newest: Slot) -> Drained {
        let near = newest.0.saturating_sub(31)..=newest.0 + 1;
        let mut sampled = BTreeMap::new();
        for (of, slot, calls) in self.sampled.values_mut() {
            let calls = std::mem::take(calls);
            if calls > 0 && *of == epoch && near.contains(&slot.0) {
                sampled.insert(*slot, calls);
            }
        }
        Drained {
            arrivals: std::mem::take(&mut self.arrivals),
            sampled,
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Count { late: bool },
    Drain,
    NextEpoch,
    Later(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any::<bool>().prop_map(|late| Step::Count { late }),
        2 => Just(Step::Drain),
        1 => Just(Step::NextEpoch),
        2 => (0..70_u64).prop_map(Step::Later),
    ]
}

proptest! {
    #[test]
    fn the_counters_do_what_the_model_does(
        steps in prop::collection::vec(step(), 1..200),
        own in 0..2_usize,
    ) {
        let counters = Counters::new(own * 64, 1);
        let mut model = Model::default();
        let (mut epoch, mut slot) = (Epoch(0xfffe), Slot(u64::from(u32::MAX)));
        for step in steps {
            match step {
                Step::Count { late } => {
                    let epoch = if late { Epoch(epoch.0 - 1) } else { epoch };
                    counters.count(EpochTag::of(epoch), slot, ALL);
                    model.count(epoch, slot);
                }
                Step::Drain => {
                    prop_assert_eq!(counters.drain(epoch, slot), model.drain(epoch, slot));
                }
                Step::NextEpoch => epoch = epoch.next(),
                Step::Later(slots) => slot = Slot(slot.0 + slots),
            }
        }
        prop_assert_eq!(counters.drain(epoch, slot), model.drain(epoch, slot));
    }
}
