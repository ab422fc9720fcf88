//! Every interleaving of the hot path's threads, tried by loom.
//!
//! loom and not shuttle, because it also tries every value that the memory
//! model lets a relaxed load see, and tries all rather than many. It is used
//! in a plain `cargo test`: the sources are compiled a second time here, beside
//! a `sync` that holds loom's types. With `--cfg loom` tokio would be rebuilt
//! for loom too, and every other test would have to be told apart.

#![expect(
    clippy::duplicate_mod,
    dead_code,
    reason = "the same files again, over other atomics"
)]

use loom::{sync::Arc, thread};

use crate::{
    protocol::{Epoch, Slot},
    time::Timestamp,
};

mod sync {
    use std::cell::Cell;

    pub(super) use loom::sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    };
    pub(super) use std::sync::PoisonError;

    loom::thread_local! {
        /// What the thread of a model is to have for its number.
        pub(super) static INDEX: Cell<usize> = Cell::new(usize::MAX);
    }

    pub(super) fn thread_index() -> usize {
        INDEX.with(Cell::get)
    }

    pub(super) use thread_index as known_thread_index;
}

#[path = "counters.rs"]
mod counters;
#[path = "gate.rs"]
mod gate;
#[path = "indexes.rs"]
mod indexes;

use counters::{Counters, Drained};
use gate::{EpochTag, Gate};
use indexes::Indexes;
use sync::{AtomicU64, INDEX};

const OLD: Epoch = Epoch(7);
const NEW: Epoch = Epoch(8);
const SLOT: Slot = Slot(1000);
const ALL: u64 = u64::MAX;

fn now() -> Timestamp {
    Timestamp::from_unix_ms(500_000)
}

fn later() -> Timestamp {
    Timestamp::from_unix_ms(500_001)
}

/// The sum of several collections.
fn sum(collections: &[Drained], slot: Slot) -> (u64, u64) {
    let arrivals = collections.iter().map(|drained| drained.arrivals).sum();
    let sampled = collections
        .iter()
        .map(|drained| drained.sampled.get(&slot).copied().unwrap_or(0))
        .sum();
    (arrivals, sampled)
}

#[test]
fn threads_that_share_a_stripe_lose_no_count() {
    loom::model(|| {
        let counters = Arc::new(Counters::new(0, 1));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let counters = Arc::clone(&counters);
                thread::spawn(move || counters.count(EpochTag::of(OLD), SLOT, ALL))
            })
            .collect();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(sum(&[counters.drain(OLD, SLOT)], SLOT), (2, 2));
    });
}

#[test]
fn what_is_counted_while_others_collect_is_collected_once() {
    for own in [true, false] {
        loom::model(move || {
            let counters = Arc::new(Counters::new(usize::from(own), 1));
            let counting = {
                let counters = Arc::clone(&counters);
                thread::spawn(move || {
                    INDEX.with(|index| index.set(0));
                    counters.count(EpochTag::of(OLD), SLOT, ALL);
                    counters.count(EpochTag::of(OLD), SLOT, ALL);
                })
            };
            let collecting = {
                let counters = Arc::clone(&counters);
                thread::spawn(move || counters.drain(OLD, SLOT))
            };
            let mine = counters.drain(OLD, SLOT);
            counting.join().unwrap();
            let others = collecting.join().unwrap();
            let rest = counters.drain(OLD, SLOT);
            assert_eq!(sum(&[mine, others, rest], SLOT), (2, 2));
        });
    }
}

#[test]
fn two_that_collect_at_once_never_take_the_same_call() {
    loom::model(|| {
        let counters = Arc::new(Counters::new(0, 1));
        counters.count(EpochTag::of(OLD), SLOT, ALL);
        let other = {
            let counters = Arc::clone(&counters);
            thread::spawn(move || counters.drain(OLD, SLOT))
        };
        let mine = counters.drain(OLD, SLOT);
        let others = other.join().unwrap();
        assert_eq!(sum(&[mine, others], SLOT), (1, 1));
    });
}

#[test]
fn a_call_of_an_old_epoch_is_never_evidence_about_the_new_one() {
    // All interleavings of three threads would take minutes.
    for (threads, preemptions) in [(1, None), (2, Some(2))] {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = preemptions;
        model.check(move || {
            let gate = Arc::new(Gate::shut_from_the_start(std::time::Duration::MAX));
            let counters = Arc::new(Counters::new(0, 1));
            gate.publish(later(), OLD);
            let calling: Vec<_> = (0..threads)
                .map(|_| {
                    let (gate, counters) = (Arc::clone(&gate), Arc::clone(&counters));
                    thread::spawn(move || {
                        let epoch = gate.passes(now()).unwrap();
                        counters.count(epoch, SLOT, ALL);
                        u64::from(epoch == EpochTag::of(NEW))
                    })
                })
                .collect();
            gate.publish(later(), NEW);
            let first = counters.drain(NEW, SLOT);
            let of_new: u64 = calling.into_iter().map(|call| call.join().unwrap()).sum();
            let rest = counters.drain(NEW, SLOT);
            assert_eq!(sum(&[first, rest], SLOT), (threads, of_new));
        });
    }
}

#[test]
fn a_word_that_is_needed_for_another_slot_gives_up_samples_but_no_arrival() {
    let after = Slot(SLOT.0 + 32);
    loom::model(move || {
        let counters = Arc::new(Counters::new(0, 1));
        let others: Vec<_> = [SLOT, after]
            .map(|slot| {
                let counters = Arc::clone(&counters);
                thread::spawn(move || counters.count(EpochTag::of(OLD), slot, ALL))
            })
            .into();
        let first = counters.drain(OLD, SLOT);
        for other in others {
            other.join().unwrap();
        }
        let rest = [counters.drain(OLD, SLOT), counters.drain(OLD, after)];
        let all = [&[first][..], &rest[..]].concat();
        assert_eq!(sum(&all, SLOT).0, 2);
        assert!(sum(&all, SLOT).1 <= 1 && sum(&all, after).1 <= 1);
    });
}

#[test]
fn a_thread_goes_on_where_the_last_holder_of_its_number_stopped() {
    loom::model(|| {
        let indexes = Arc::new(Indexes::new(AtomicU64::new(0)));
        let counters = Arc::new(Counters::new(1, 1));
        let counting = || {
            let (indexes, counters) = (Arc::clone(&indexes), Arc::clone(&counters));
            thread::spawn(move || {
                let mine = indexes.take().unwrap();
                INDEX.with(|index| index.set(mine));
                counters.count(EpochTag::of(OLD), SLOT, ALL);
                indexes.give_back(mine);
            })
        };
        let both = [counting(), counting()];
        for one in both {
            one.join().unwrap();
        }
        assert_eq!(sum(&[counters.drain(OLD, SLOT)], SLOT), (2, 2));
    });
}

#[test]
fn a_call_that_passes_sees_the_sampling_that_was_set_for_it() {
    loom::model(|| {
        let gate = Arc::new(Gate::shut_from_the_start(std::time::Duration::MAX));
        let calling = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                if gate.passes(now()).is_some() {
                    assert_eq!(gate.sample(), 5);
                }
            })
        };
        gate.set_sample(5);
        gate.publish(later(), OLD);
        calling.join().unwrap();
    });
}
