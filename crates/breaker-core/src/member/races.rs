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

use crate::{protocol::Epoch, time::Steady};

mod sync {
    pub(super) use loom::sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    };
    pub(super) use std::sync::PoisonError;
}

mod thread_index {
    use std::cell::Cell;

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
#[path = "striped.rs"]
mod striped;

use counters::Counters;
use gate::{EpochTag, Gate};
use indexes::Indexes;
use sync::AtomicU64;
use thread_index::INDEX;

const OLD: Epoch = Epoch(7);
const NEW: Epoch = Epoch(8);

fn now() -> Steady {
    Steady::from_ms(500_000)
}

fn later() -> Steady {
    Steady::from_ms(500_001)
}

#[test]
fn threads_that_share_a_counter_lose_no_call() {
    loom::model(|| {
        let counters = Arc::new(Counters::new(0));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let counters = Arc::clone(&counters);
                thread::spawn(move || counters.count())
            })
            .collect();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(counters.drain(), 2);
    });
}

#[test]
fn what_is_counted_while_others_collect_is_collected_once() {
    for own in [true, false] {
        loom::model(move || {
            let counters = Arc::new(Counters::new(usize::from(own)));
            let counting = {
                let counters = Arc::clone(&counters);
                thread::spawn(move || {
                    INDEX.with(|index| index.set(0));
                    counters.count();
                    counters.count();
                })
            };
            let collecting = {
                let counters = Arc::clone(&counters);
                thread::spawn(move || counters.drain())
            };
            let mine = counters.drain();
            counting.join().unwrap();
            let others = collecting.join().unwrap();
            assert_eq!(mine + others + counters.drain(), 2);
        });
    }
}

#[test]
fn two_that_collect_at_once_never_take_the_same_call() {
    loom::model(|| {
        let counters = Arc::new(Counters::new(0));
        counters.count();
        let other = {
            let counters = Arc::clone(&counters);
            thread::spawn(move || counters.drain())
        };
        let mine = counters.drain();
        assert_eq!(mine + other.join().unwrap(), 1);
    });
}

#[test]
fn a_thread_goes_on_where_the_last_holder_of_its_number_stopped() {
    loom::model(|| {
        let indexes = Arc::new(Indexes::new(AtomicU64::new(0)));
        let counters = Arc::new(Counters::new(1));
        let counting = || {
            let (indexes, counters) = (Arc::clone(&indexes), Arc::clone(&counters));
            thread::spawn(move || {
                let mine = indexes.take().unwrap();
                INDEX.with(|index| index.set(mine));
                counters.count();
                indexes.give_back(mine);
            })
        };
        let both = [counting(), counting()];
        for one in both {
            one.join().unwrap();
        }
        assert_eq!(counters.drain(), 2);
    });
}

/// Else a call of the old epoch could pass for one of the new.
#[test]
fn the_quiet_and_the_epoch_of_a_gate_are_read_together() {
    loom::model(|| {
        let gate = Arc::new(Gate::shut_from_the_start(std::time::Duration::MAX));
        gate.publish(later(), OLD);
        let calling = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || [gate.passes(now()), gate.passes(now())])
        };
        gate.shut(NEW);
        let seen = calling.join().unwrap();
        let old = Some(EpochTag::of(OLD));
        assert!(
            [[old, old], [old, None], [None, None]].contains(&seen),
            "{seen:?}"
        );
        gate.publish(later(), NEW);
        assert_eq!(gate.passes(now()), Some(EpochTag::of(NEW)));
    });
}
