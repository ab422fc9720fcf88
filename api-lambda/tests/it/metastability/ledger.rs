//! What became of the calls, second by second.

use std::{
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::scenario::END;

/// What began, or for jobs what ended, within one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Calls that arrived.
    pub(super) calls: u32,
    /// Those of them that were answered by the database.
    pub(super) fresh: u32,
    /// Those of them that were answered from the cache.
    pub(super) degraded: u32,
    /// Attempts at the Retry Lambda that were admitted for them.
    pub(super) attempts: u32,
    /// Jobs that the Retry Lambda finished.
    pub(super) jobs: u32,
    /// Those of them that nobody waited for any more.
    pub(super) wasted: u32,
}

impl Counts {
    /// Fresh answers over calls.
    pub(super) fn goodput(self) -> f64 {
        share(self.fresh, self.calls)
    }

    /// Answers over calls.
    pub(super) fn answered(self) -> f64 {
        share(self.fresh + self.degraded, self.calls)
    }

    pub(super) fn attempts_per_call(self) -> f64 {
        share(self.attempts, self.calls)
    }

    pub(super) fn wasted(self) -> f64 {
        share(self.wasted, self.jobs)
    }
}

/// Nothing out of nothing is all of it: no call went wrong.
fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        return 1.0;
    }
    f64::from(part) / f64::from(whole)
}

/// Shared by all that takes part in a run.
#[derive(Debug, Clone)]
pub(super) struct Ledger(Arc<Mutex<Seconds>>);

/// Every second of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seconds(Vec<Counts>);

impl Ledger {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Seconds(vec![Counts::default(); END]))))
    }

    /// Notes something that belongs to the second `elapsed` after the beginning;
    /// what happens after the end is nobody's concern.
    pub(super) fn note(&self, elapsed: Duration, note: impl FnOnce(&mut Counts)) {
        let second = usize::try_from(elapsed.as_secs()).unwrap();
        if let Some(counts) = self.0.lock().unwrap().0.get_mut(second) {
            note(counts);
        }
    }

    pub(super) fn note_job(&self, elapsed: Duration, wanted: bool) {
        self.note(elapsed, |counts| {
            counts.jobs += 1;
            counts.wasted += u32::from(!wanted);
        });
    }

    pub(super) fn seconds(&self) -> Seconds {
        self.0.lock().unwrap().clone()
    }
}

impl Seconds {
    /// All that happened between two seconds.
    pub(super) fn total(&self, range: Range<usize>) -> Counts {
        self.0[range]
            .iter()
            .fold(Counts::default(), |sum, counts| Counts {
                calls: sum.calls + counts.calls,
                fresh: sum.fresh + counts.fresh,
                degraded: sum.degraded + counts.degraded,
                attempts: sum.attempts + counts.attempts,
                jobs: sum.jobs + counts.jobs,
                wasted: sum.wasted + counts.wasted,
            })
    }

    /// The second from which on goodput stays at `goodput` or above, each second
    /// taken by itself.
    pub(super) fn good_from(&self, goodput: f64) -> usize {
        let bad = self.0.iter().rposition(|counts| counts.goodput() < goodput);
        bad.map_or(0, |second| second + 1)
    }
}
