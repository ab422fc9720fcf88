//! Small numbers that are taken and given back.

use super::sync::{AtomicU64, Ordering};

/// The numbers 0 to 63, each of which one holder at a time can have.
#[derive(Debug)]
pub(super) struct Indexes {
    /// Bit `i` is set while somebody holds `i`.
    taken: AtomicU64,
}

impl Indexes {
    /// `taken` is 0: nobody holds any.
    pub(super) const fn new(taken: AtomicU64) -> Self {
        Self { taken }
    }

    /// Takes the smallest free number; `None` if all are taken.
    ///
    /// Whoever gets a number sees all that its last holder wrote before giving
    /// it back.
    pub(super) fn take(&self) -> Option<usize> {
        let smallest_free = |taken: u64| taken.trailing_ones();
        let taken = self
            .taken
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |taken| {
                Some(taken | 1_u64.checked_shl(smallest_free(taken))?)
            });
        taken.ok().map(|before| smallest_free(before) as usize)
    }

    /// Gives back a number that was taken.
    pub(super) fn give_back(&self, index: usize) {
        self.taken.fetch_and(!(1 << index), Ordering::Release);
    }
}
