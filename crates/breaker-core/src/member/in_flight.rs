//! Calls that are under way, by when they were admitted.
//!
//! A call that hangs says nothing until it ends, and its time-out may be long.
//! So calls under way for longer than [`Policy::slow_call_after`](crate::Policy)
//! are evidence before they end. No timer looks after them, because a frozen
//! process runs none: whatever call comes next does.
//!
//! Each thread counts calls that began and calls that ended, by half a second
//! of their admission, in a ring. Both numbers only grow, so their difference
//! is what is under way, whichever thread ends what another began, and nothing
//! is ever reset. A call that is under way for longer than the ring is taken for
//! a young one for a few seconds, and not counted again.

use std::{array, time::Duration};

use super::{
    striped::Striped,
    sync::{AtomicU64, Ordering},
};
use crate::time::Steady;

/// How many positions the ring has, and how many bits of a moment in
/// milliseconds one of them spans: 0.512 s.
const POSITIONS: usize = 64;
const BITS: u32 = 9;

/// The longest age that the ring can tell from a young one.
const OLDEST: Duration = Duration::from_secs(28);

/// Counts of calls that began and ended.
#[derive(Debug)]
pub(super) struct InFlight(Striped<Ring>);

#[derive(Debug)]
struct Ring {
    began: [AtomicU64; POSITIONS],
    ended: [AtomicU64; POSITIONS],
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            began: array::from_fn(|_| AtomicU64::new(0)),
            ended: array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

impl InFlight {
    /// Counts that so many threads write without waiting for one another.
    pub(super) fn new(threads: usize) -> Self {
        Self(Striped::new(threads))
    }

    /// A call that was admitted then begins.
    #[inline]
    pub(super) fn begin(&self, admitted: Steady) {
        let (ring, writer) = self.0.mine();
        writer.increment(&ring.began[position(admitted)]);
    }

    /// A call that was admitted then ends.
    #[inline]
    pub(super) fn end(&self, admitted: Steady) {
        let (ring, writer) = self.0.mine();
        writer.increment(&ring.ended[position(admitted)]);
    }

    /// How many calls that were admitted at this position are under way.
    fn under_way(&self, position: usize) -> u64 {
        let sum = |of: fn(&Ring) -> &[AtomicU64; POSITIONS]| {
            let words = self.0.all().map(|ring| &of(ring)[position]);
            let words = words.map(|word| word.load(Ordering::Relaxed));
            words.fold(0, u64::wrapping_add)
        };
        // Ends first: a call that ends meanwhile counts as under way.
        let ended = sum(|ring| &ring.ended);
        sum(|ring| &ring.began).saturating_sub(ended)
    }
}

const fn position(at: Steady) -> usize {
    ((at.as_ms() >> BITS) % POSITIONS as u64) as usize
}

/// Which of the calls under way have been counted as slow.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Overdue {
    counted: [u64; POSITIONS],
}

impl Default for Overdue {
    fn default() -> Self {
        Self {
            counted: [0; POSITIONS],
        }
    }
}

impl Overdue {
    /// How many calls have been under way for `limit` that were not counted
    /// before. They are counted now.
    pub(super) fn count(&mut self, calls: &InFlight, now: Steady, limit: Duration) -> u64 {
        if limit > OLDEST {
            return 0;
        }
        let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let this = now.as_ms() >> BITS;
        // The newest position whose calls are all that old, but for those that
        // clocks which run ahead put into the next ones.
        let Some(newest_old) = (now.as_ms().saturating_sub(limit_ms) >> BITS).checked_sub(1) else {
            return 0;
        };
        let young = this.saturating_sub(newest_old);
        let mut new = 0_u64;
        for back in 0..POSITIONS as u64 {
            let at = this.wrapping_sub(back) % POSITIONS as u64;
            let counted = &mut self.counted[usize::try_from(at).unwrap_or_default()];
            let under_way = calls.under_way(usize::try_from(at).unwrap_or_default());
            if back < young {
                *counted = under_way.min(*counted);
            } else {
                new = new.saturating_add(under_way.saturating_sub(*counted));
                *counted = under_way;
            }
        }
        new
    }

    /// A call that was admitted then has ended: whether it was counted.
    pub(super) fn end(&mut self, admitted: Steady) -> bool {
        let counted = &mut self.counted[position(admitted)];
        let was_counted = *counted > 0;
        *counted = counted.saturating_sub(1);
        was_counted
    }

    /// What is under way now is no evidence about the epoch that begins.
    pub(super) fn start_epoch(&mut self, calls: &InFlight) {
        self.counted = array::from_fn(|position| calls.under_way(position));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    fn at(ms: u64) -> Steady {
        Steady::from_ms(1_800_000_000_000 + ms)
    }

    /// How many of some calls are counted, and when at the latest.
    fn counted(begun: &[u64], ended: &[u64], looks: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
        let (calls, mut overdue) = (InFlight::new(2), Overdue::default());
        for ms in begun {
            calls.begin(at(*ms));
        }
        for ms in ended {
            calls.end(at(*ms));
        }
        let looks = looks.map(|ms| (ms, overdue.count(&calls, at(ms), LIMIT)));
        looks.filter(|(_, new)| *new > 0).collect()
    }

    proptest! {
        #[test]
        fn a_call_that_hangs_is_counted_once_and_soon(begun in 0..50_000_u64) {
            let looks = (0..600).map(|n| begun + n * 100);
            let found = counted(&[begun], &[], looks);
            prop_assert_eq!(found.len(), 1, "{:?}", found);
            let (when, new) = found[0];
            prop_assert_eq!(new, 1);
            let waited = when - begun;
            prop_assert!((3_000..=3_000 + 2 * 512 + 100).contains(&waited), "{}", waited);
        }

        #[test]
        fn calls_that_ended_are_not_counted(begun in proptest::collection::vec(0..9_000_u64, 0..50)) {
            let looks = (0..40).map(|n| 9_000 + n * 250);
            prop_assert_eq!(counted(&begun, &begun, looks), vec![]);
        }

        #[test]
        fn each_hanging_call_is_counted_once_among_others(
            hanging in proptest::collection::vec(0..20_000_u64, 0..40),
            others in proptest::collection::vec(0..20_000_u64, 0..40),
        ) {
            let begun: Vec<u64> = hanging.iter().chain(&others).copied().collect();
            let looks = (0..60).map(|n| 20_000 + n * 250);
            let found: u64 = counted(&begun, &others, looks).iter().map(|(_, new)| new).sum();
            prop_assert_eq!(found, hanging.len() as u64);
        }
    }

    #[test]
    fn a_call_that_was_counted_is_known_when_it_ends() {
        let (calls, mut overdue) = (InFlight::new(1), Overdue::default());
        calls.begin(at(0));
        assert_eq!(overdue.count(&calls, at(6_000), LIMIT), 1);
        calls.end(at(0));
        assert!(overdue.end(at(0)));
        assert!(!overdue.end(at(0)), "once");
    }

    #[test]
    fn what_an_epoch_found_under_way_is_no_evidence() {
        let (calls, mut overdue) = (InFlight::new(1), Overdue::default());
        calls.begin(at(0));
        overdue.start_epoch(&calls);
        assert_eq!(overdue.count(&calls, at(6_000), LIMIT), 0);
    }

    #[test]
    fn where_calls_may_take_longer_than_the_ring_none_is_counted() {
        let (calls, mut overdue) = (InFlight::new(1), Overdue::default());
        calls.begin(at(0));
        let day = Duration::from_hours(24);
        assert_eq!(overdue.count(&calls, at(90_000_000), day), 0);
    }
}
