//! Numbers that many threads add to and few read.
//!
//! Each of the first threads has numbers that it alone writes: adding is a load
//! and a store, without a locked instruction and without a cache line that
//! another thread writes. All further threads share one more set of numbers and
//! add to it by locked instructions.

use super::{
    sync::{AtomicU64, Ordering},
    thread_index::{known_thread_index, thread_index},
};

/// How many threads can have numbers of their own: as many as have an index.
const MAX_OWN: usize = 64;

/// One set of numbers for each of the first threads, and one for the others.
#[derive(Debug)]
pub(super) struct Striped<T> {
    own: Box<[Stripe<T>]>,
    shared: Stripe<T>,
}

/// On cache lines of its own: one thread writes it all the time.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe<T>(T);

/// Who else may write a word at the same time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writer {
    Alone,
    OneOfMany,
}

impl Writer {
    /// Adds one to a word.
    ///
    /// No order between words is needed: each is read for itself.
    #[inline]
    pub(super) fn increment(self, word: &AtomicU64) {
        match self {
            Self::Alone => {
                let before = word.load(Ordering::Relaxed);
                word.store(before.wrapping_add(1), Ordering::Relaxed);
            }
            Self::OneOfMany => {
                word.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl<T: Default> Striped<T> {
    /// A set for each of the first `threads` threads of the process, up to 64,
    /// and one for the others.
    pub(super) fn new(threads: usize) -> Self {
        Self {
            own: (0..threads.min(MAX_OWN))
                .map(|_| Stripe::default())
                .collect(),
            shared: Stripe::default(),
        }
    }
}

impl<T> Striped<T> {
    /// This thread's numbers, and who else may write them.
    #[inline]
    pub(super) fn mine(&self) -> (&T, Writer) {
        match self.own.get(known_thread_index()) {
            Some(Stripe(own)) => (own, Writer::Alone),
            None => self.elsewhere(),
        }
    }

    #[inline(never)]
    fn elsewhere(&self) -> (&T, Writer) {
        match self.own.get(thread_index()) {
            Some(Stripe(own)) => (own, Writer::Alone),
            None => (&self.shared.0, Writer::OneOfMany),
        }
    }

    /// All sets, always in the same order.
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.own
            .iter()
            .chain([&self.shared])
            .map(|stripe| &stripe.0)
    }

    /// Others that hold the same, as a model checker wants.
    #[cfg(feature = "model")]
    pub(super) fn fork(&self, fork: impl Fn(&T) -> T) -> Self {
        Self {
            own: self
                .own
                .iter()
                .map(|stripe| Stripe(fork(&stripe.0)))
                .collect(),
            shared: Stripe(fork(&self.shared.0)),
        }
    }
}
