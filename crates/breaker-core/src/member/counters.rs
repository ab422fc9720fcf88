//! Successful calls that nobody has collected yet.
//!
//! # Why nothing is counted twice or lost
//!
//! Numbers only grow. To collect is to read them and to remember, under a
//! lock, what was read; what is new is the difference. So the counting side
//! is never interrupted, and there is no moment at which a count has left one
//! place and not reached the other.

use super::{
    striped::Striped,
    sync::{AtomicU64, Mutex, Ordering, PoisonError},
};

/// Counts successful calls of one circuit in one process.
#[derive(Debug)]
pub(super) struct Counters {
    calls: Striped<AtomicU64>,
    /// How many calls were collected, set by set.
    collected: Mutex<Box<[u64]>>,
}

impl Counters {
    /// Counters that so many threads write without waiting for one another.
    pub(super) fn new(threads: usize) -> Self {
        let calls = Striped::<AtomicU64>::new(threads);
        let collected = calls.all().map(|_| 0).collect();
        Self {
            calls,
            collected: Mutex::new(collected),
        }
    }

    /// Counts a call.
    #[inline]
    pub(super) fn count(&self) {
        let (word, writer) = self.calls.mine();
        writer.increment(word);
    }

    /// Takes the calls that were counted since the last time, each once.
    pub(super) fn drain(&self) -> u64 {
        // What is remembered is right after every step, so a panic spoils none.
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let words = self.calls.all().zip(collected.iter_mut());
        let new = words.map(|(word, before)| {
            let calls = word.load(Ordering::Relaxed);
            calls.wrapping_sub(std::mem::replace(before, calls))
        });
        new.sum()
    }
}

/// What a model checker needs; it counts on one thread alone.
#[cfg(feature = "model")]
impl Counters {
    /// Other counters that hold the same.
    pub(super) fn fork(&self) -> Self {
        let collected = self.collected.lock();
        Self {
            calls: self
                .calls
                .fork(|word| AtomicU64::new(word.load(Ordering::Relaxed))),
            collected: Mutex::new(collected.unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }
}

/// What has not been collected; nothing depends on the rest.
#[cfg(feature = "model")]
impl std::hash::Hash for Counters {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        let collected = self.collected.lock();
        let collected = collected.unwrap_or_else(PoisonError::into_inner);
        for (word, collected) in self.calls.all().zip(collected.iter()) {
            let calls = word.load(Ordering::Relaxed);
            hasher.write_u64(calls.wrapping_sub(*collected));
        }
    }
}
