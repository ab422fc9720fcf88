//! Whether a call may go ahead without looking at anything else.
//!
//! Almost every call of a healthy circuit needs the same answer: closed,
//! nothing to fetch, nothing to tell. The slow path works that answer out,
//! says how long it holds and of which epoch it speaks, and leaves both here
//! in one word. A call reads the word; that is all there is to its admission.

use std::time::Duration;

use super::sync::{AtomicU64, Ordering};
use crate::{protocol::Epoch, time::Steady};

/// How many of the word's bits hold the epoch; the others hold the time, and
/// suffice for eight thousand years.
const EPOCH_BITS: u32 = 16;
const LATEST: u64 = u64::MAX >> EPOCH_BITS;

/// The low bits of an epoch: enough to tell it from any that a call under way
/// can have been admitted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct EpochTag(u16);

impl EpochTag {
    /// The tag of `epoch`.
    pub(super) const fn of(epoch: Epoch) -> Self {
        Self::in_word(epoch.0)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the other bits are the time"
    )]
    const fn in_word(word: u64) -> Self {
        Self(word as u16)
    }
}

/// Lets plain calls of a healthy circuit through.
///
/// On cache lines of its own, for every call reads it and few write it.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Gate {
    /// `quiet_until` in the upper bits, the epoch's tag in the lower.
    word: AtomicU64,
    /// A quiet that lasts longer was published by a clock that has been set
    /// back since; in milliseconds.
    longest_quiet: u64,
}

#[cfg(feature = "model")]
impl std::hash::Hash for Gate {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        let Self {
            word,
            longest_quiet: _,
        } = self;
        hasher.write_u64(word.load(Ordering::Acquire));
    }
}

impl Gate {
    /// A gate that is shut, in epoch 0. No quiet will be longer than
    /// `longest_quiet`.
    pub(super) fn shut_from_the_start(longest_quiet: Duration) -> Self {
        Self {
            longest_quiet: u64::try_from(longest_quiet.as_millis())
                .unwrap_or(u64::MAX)
                .min(LATEST / 2),
            word: AtomicU64::new(0),
        }
    }

    /// The epoch that a call is admitted in at `now`; `None` if it must take
    /// the slow path.
    #[inline]
    pub(super) fn passes(&self, now: Steady) -> Option<EpochTag> {
        let word = self.word.load(Ordering::Acquire);
        let left = (word >> EPOCH_BITS).wrapping_sub(now.as_ms());
        // None left is the longest of all.
        (left.wrapping_sub(1) < self.longest_quiet).then_some(EpochTag::in_word(word))
    }

    /// Whether no call ever passes.
    #[cfg(feature = "model")]
    pub(super) const fn never_opens(&self) -> bool {
        self.longest_quiet == 0
    }

    /// Another gate that lets the same calls through.
    #[cfg(feature = "model")]
    pub(super) fn fork(&self) -> Self {
        Self {
            longest_quiet: self.longest_quiet,
            word: AtomicU64::new(self.word.load(Ordering::Acquire)),
        }
    }

    /// Lets calls through until `quiet_until`, exclusively, as calls of `epoch`.
    pub(super) fn publish(&self, quiet_until: Steady, epoch: Epoch) {
        let quiet_until = quiet_until.as_ms().min(LATEST);
        let word = quiet_until << EPOCH_BITS | u64::from(EpochTag::of(epoch).0);
        self.word.store(word, Ordering::Release);
    }

    /// Sends every call to the slow path until something else is published.
    pub(super) fn shut(&self, epoch: Epoch) {
        self.publish(Steady::default(), epoch);
    }
}
