//! Successful calls that nobody has collected yet.
//!
//! # How it stays cheap
//!
//! Each of the first threads has a stripe that it alone writes: counting is a
//! load and a store, without a locked instruction and without a cache line
//! that another thread writes. All further threads share one more stripe and
//! count there by compare-and-swap.
//!
//! # Why nothing is counted twice or lost
//!
//! Numbers only grow. To collect is to read them and to remember, under a
//! lock, what was read; what is new is the difference. So the counting side
//! is never interrupted, and there is no moment at which a count has left one
//! place and not reached the other.
//!
//! Arrivals grow for ever. Sampled calls are counted by slot of time in a ring
//! of words, each labelled with the slot and the epoch it counts; they grow as
//! long as the label stays. A word that is needed for another slot, which is 32
//! slots later unless a clock was set back, or for a newer epoch starts again
//! from zero, and what was not collected from it is given up: it is no evidence
//! any more.
//!
//! The two are counted one after the other, so a collection in between may take
//! one of them and leave the other to the next collection.

use std::{array, collections::BTreeMap};

use super::{
    gate::EpochTag,
    sync::{AtomicU64, Mutex, Ordering, PoisonError, known_thread_index, thread_index},
};
use crate::protocol::{Epoch, Slot};

const RING: usize = 32;

/// How many threads can have a stripe of their own: as many as have an index.
const MAX_OWN_STRIPES: usize = 64;

/// Counts successful calls of one circuit in one process.
#[derive(Debug)]
pub(super) struct Counters {
    own: Box<[Stripe]>,
    shared: Stripe,
    collected: Mutex<Box<[Collected]>>,
}

/// What was counted since the collection before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Drained {
    /// Calls that succeeded, whatever their epoch and slot.
    pub arrivals: u64,
    /// How many of them were sampled, by slot; only slots that have any.
    pub sampled: BTreeMap<Slot, u64>,
}

impl Counters {
    /// Counters with a stripe for each of the first `threads` threads of the
    /// process, up to 64; the others share one.
    ///
    /// With 0, what is sampled depends on `seed` and the order of the calls
    /// alone, not on the thread that makes them.
    pub(super) fn new(threads: usize, seed: u64) -> Self {
        let own: Box<[Stripe]> = (0..threads.min(MAX_OWN_STRIPES))
            .map(|index| Stripe::new(seed.wrapping_add(1 + index as u64)))
            .collect();
        let collected = vec![Collected::default(); own.len() + 1];
        Self {
            own,
            shared: Stripe::new(seed),
            collected: Mutex::new(collected.into()),
        }
    }

    /// Counts a call that was admitted in `epoch` and ended in `slot`.
    ///
    /// It is sampled if a number drawn for it is below `threshold`, or if that
    /// is [`u64::MAX`].
    ///
    /// Of a call that ends in another epoch than it was admitted in, only the
    /// arrival is counted if the new epoch has been counted in that slot. More
    /// than 2²⁸ samples of one slot on one thread are not told apart.
    #[inline]
    pub(super) fn count(&self, epoch: EpochTag, slot: Slot, threshold: u64) {
        if let Some(stripe) = self.own.get(known_thread_index()) {
            stripe.count(Writer::Alone, epoch, slot, threshold);
        } else {
            self.count_elsewhere(epoch, slot, threshold);
        }
    }

    #[inline(never)]
    fn count_elsewhere(&self, epoch: EpochTag, slot: Slot, threshold: u64) {
        match self.own.get(thread_index()) {
            Some(stripe) => stripe.count(Writer::Alone, epoch, slot, threshold),
            None => self.shared.count(Writer::OneOfMany, epoch, slot, threshold),
        }
    }

    /// Takes what was counted, each call once.
    ///
    /// Samples are given for `epoch` and for the 32 slots up to `newest` (and
    /// the one after, which a thread that read its clock later may have begun);
    /// all others are dropped.
    pub(super) fn drain(&self, epoch: Epoch, newest: Slot) -> Drained {
        let wanted = Sampled::none(EpochTag::of(epoch), newest);
        let mut drained = Drained::default();
        // What is remembered is right after every step, so a panic spoils none.
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let stripes = self.own.iter().chain([&self.shared]);
        for (stripe, collected) in stripes.zip(collected.iter_mut()) {
            drained.arrivals += collected.arrivals_of(stripe);
            for (position, (word, before)) in stripe
                .samples
                .iter()
                .zip(&mut collected.samples)
                .enumerate()
            {
                let word = Sampled(word.load(Ordering::Relaxed));
                let fresh = word.since(*before);
                *before = word;
                if fresh > 0
                    && word.is_of_the_same_epoch(wanted)
                    && let Some(slot) = word.slot(position, newest)
                {
                    *drained.sampled.entry(slot).or_default() += fresh;
                }
            }
        }
        drained
    }
}

/// What a model checker needs; it counts on one thread alone.
#[cfg(feature = "model")]
impl Counters {
    /// Other counters that hold the same.
    pub(super) fn fork(&self) -> Self {
        let collected = self.collected.lock();
        Self {
            own: self.own.iter().map(Stripe::fork).collect(),
            shared: self.shared.fork(),
            collected: Mutex::new(collected.unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }
}

#[cfg(feature = "model")]
impl Stripe {
    fn fork(&self) -> Self {
        Self {
            arrivals: AtomicU64::new(self.arrivals.load(Ordering::Relaxed)),
            seed: self.seed,
            samples: array::from_fn(|at| AtomicU64::new(self.samples[at].load(Ordering::Relaxed))),
        }
    }
}

/// What has not been collected, and the labels of what has. What was counted
/// and collected before is left out: nothing depends on it as long as all calls
/// are sampled.
#[cfg(feature = "model")]
impl std::hash::Hash for Counters {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        let collected = self.collected.lock();
        let collected = collected.unwrap_or_else(PoisonError::into_inner);
        for (stripe, collected) in self.own.iter().chain([&self.shared]).zip(collected.iter()) {
            let arrivals = stripe.arrivals.load(Ordering::Relaxed);
            hasher.write_u64(arrivals.wrapping_sub(collected.arrivals));
            for (at, (word, before)) in stripe.samples.iter().zip(&collected.samples).enumerate() {
                let word = Sampled(word.load(Ordering::Relaxed));
                if word.count() > 0 {
                    (at, word.0 & !COUNT, word.since(*before)).hash(hasher);
                }
            }
        }
    }
}

/// The counts of one thread, or of all that have no stripe of their own.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe {
    /// Only grows.
    arrivals: AtomicU64,
    /// Makes draws of different stripes and circuits different.
    seed: u64,
    /// [`Sampled`] words; the slot's number modulo the length is the position.
    samples: [AtomicU64; RING],
}

impl Stripe {
    fn new(seed: u64) -> Self {
        Self {
            arrivals: AtomicU64::new(0),
            seed: mix(seed),
            samples: array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    #[inline]
    fn count(&self, writer: Writer, epoch: EpochTag, slot: Slot, threshold: u64) {
        let number = writer.update(&self.arrivals, |arrivals| arrivals.wrapping_add(1));
        if threshold == u64::MAX || mix(self.seed ^ number) < threshold {
            let empty = Sampled::none(epoch, slot);
            writer.update(&self.samples[position(slot)], |word| {
                Sampled(word).with_one_more(empty).0
            });
        }
    }
}

/// Who else may write a word at the same time.
#[derive(Debug, Clone, Copy)]
enum Writer {
    Alone,
    OneOfMany,
}

impl Writer {
    /// Changes a word and returns what it held before.
    ///
    /// No order between words is needed: each is read for itself.
    #[inline]
    fn update(self, word: &AtomicU64, change: impl Fn(u64) -> u64) -> u64 {
        match self {
            Self::Alone => {
                let before = word.load(Ordering::Relaxed);
                word.store(change(before), Ordering::Relaxed);
                before
            }
            Self::OneOfMany => {
                let mut before = word.load(Ordering::Relaxed);
                while let Err(now) = word.compare_exchange_weak(
                    before,
                    change(before),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                ) {
                    before = now;
                }
                before
            }
        }
    }
}

/// Sampled calls of one slot: 16 bits of the epoch, 20 of the slot (without
/// the five that its position says), and 28 bits of count.
///
/// Slots of half a second repeat after 194 days, epochs after 65,536
/// transitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sampled(u64);

const COUNT: u64 = (1 << SLOT_SHIFT) - 1;
const SLOT_SHIFT: u32 = 28;
const SLOT: u64 = (1 << EPOCH_SHIFT) - (1 << SLOT_SHIFT);
const EPOCH_SHIFT: u32 = 48;
const EPOCH: u64 = !0 << EPOCH_SHIFT;

impl Sampled {
    /// No call of `epoch` that ended in `slot`.
    #[inline]
    const fn none(epoch: EpochTag, slot: Slot) -> Self {
        let round = slot.0 / RING as u64;
        Self((epoch.bits() as u64) << EPOCH_SHIFT | round << SLOT_SHIFT & SLOT)
    }

    const fn count(self) -> u64 {
        self.0 & COUNT
    }

    const fn is_of_the_same_epoch(self, other: Self) -> bool {
        (self.0 ^ other.0) & EPOCH == 0
    }

    const fn is_of_the_same_slot(self, other: Self) -> bool {
        (self.0 ^ other.0) & SLOT == 0
    }

    /// Whether both count the same calls.
    #[inline]
    const fn continues(self, other: Self) -> bool {
        (self.0 ^ other.0) & !COUNT == 0
    }

    /// With one call of the slot and epoch that `empty` is for.
    #[inline]
    const fn with_one_more(self, empty: Self) -> Self {
        // The count alone, if the labels are the same, and more than any count
        // if they are not.
        if self.0 ^ empty.0 < COUNT {
            return Self(self.0 + 1);
        }
        self.or_started_again(empty)
    }

    #[cold]
    const fn or_started_again(self, empty: Self) -> Self {
        let is_full = self.continues(empty);
        if is_full || self.is_too_new_for(empty) {
            self
        } else {
            Self(empty.0 + 1)
        }
    }

    /// Whether this already counts the same slot in a newer epoch.
    const fn is_too_new_for(self, other: Self) -> bool {
        let ahead = (self.0 & EPOCH).wrapping_sub(other.0 & EPOCH);
        self.count() > 0 && self.is_of_the_same_slot(other) && ahead.cast_signed() > 0
    }

    /// How many calls it counts that `before`, the same word as it was, does not.
    fn since(self, before: Self) -> u64 {
        if self.continues(before) {
            self.count().saturating_sub(before.count())
        } else {
            self.count()
        }
    }

    /// The slot it counts, if that is one that `newest` may be drained for.
    fn slot(self, position: usize, newest: Slot) -> Option<Slot> {
        let last_before = |slot: Slot| {
            let back = slot.0.wrapping_sub(position as u64) % RING as u64;
            slot.0.checked_sub(back).map(Slot)
        };
        let next = Slot(newest.0.saturating_add(1));
        let here =
            |slot: &Slot| self.is_of_the_same_slot(Self::none(EpochTag::of(Epoch(0)), *slot));
        [next, newest]
            .into_iter()
            .filter_map(last_before)
            .find(here)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below 32")]
const fn position(slot: Slot) -> usize {
    (slot.0 % RING as u64) as usize
}

/// What was collected from a stripe.
#[derive(Debug, Clone, Default)]
struct Collected {
    arrivals: u64,
    samples: [Sampled; RING],
}

impl Collected {
    fn arrivals_of(&mut self, stripe: &Stripe) -> u64 {
        let arrivals = stripe.arrivals.load(Ordering::Relaxed);
        arrivals.wrapping_sub(std::mem::replace(&mut self.arrivals, arrivals))
    }
}

/// Spreads numbers evenly over all 64 bits (Stafford's variant 13, as in
/// `SplitMix64`).
const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
