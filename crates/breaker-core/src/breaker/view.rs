//! What one process knows, and what it has not told yet.
//!
//! The fleet's record and the process's own are kept apart. The fleet's is
//! only ever what the store said, so whatever is decided on it and written is
//! fenced by a true epoch. The process's own exists while the store is away;
//! it is never written anywhere and ends with the store's next answer.

use crate::{
    policy::Policy,
    protocol::{Change, Conflict, Counts, Epoch, Record, Slot, Tally},
    time::Timestamp,
};

/// The last known state, and the calls that the fleet does not know of.
#[derive(Debug, Default)]
pub(super) struct View {
    /// As the store last said.
    fleet: Record,
    /// As this process has carried it on since the store went away.
    own: Option<Record>,
    /// Calls of the fleet's epoch that the fleet's record does not count.
    unreported: Tally,
    /// When the store last answered.
    heard: Option<Timestamp>,
    /// When the store was last asked, whether or not it answered.
    asked: Option<Timestamp>,
}

/// Whose word a decision is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The fleet's.
    WithFleet,
    /// This process's own: the store is away.
    Alone,
}

/// How urgently the store should be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Staleness {
    /// Known well enough.
    Fresh,
    /// To be refreshed alongside a call.
    Aging,
    /// A call had better wait for news.
    Stale,
}

impl View {
    /// The record that calls are decided on.
    pub(super) fn known(&self) -> &Record {
        self.own.as_ref().unwrap_or(&self.fleet)
    }

    /// The record that changes for the fleet are decided on.
    pub(super) fn fleet(&self) -> &Record {
        &self.fleet
    }

    pub(super) fn standing(&self) -> Standing {
        if self.own.is_some() {
            Standing::Alone
        } else {
            Standing::WithFleet
        }
    }

    /// Takes over what the store said to an operation that began when the
    /// fleet was known to be in epoch `basis`.
    ///
    /// Answers may overtake one another: if another operation has brought
    /// news in the meantime, only a later epoch replaces them.
    pub(super) fn hear(&mut self, record: Record, basis: Epoch, now: Timestamp) {
        self.asked = Some(now);
        self.heard = Some(now);
        self.own = None;
        if self.fleet.epoch == basis || record.epoch > self.fleet.epoch {
            self.replace(record);
        }
    }

    /// Takes over what an eventually consistent read showed. It may be the
    /// past: a later epoch that was heard of before stands.
    pub(super) fn glimpse(&mut self, record: Record, now: Timestamp) {
        self.asked = Some(now);
        self.heard = Some(now);
        if record.epoch >= self.fleet.epoch {
            self.replace(record);
        }
    }

    fn replace(&mut self, record: Record) {
        if record.epoch != self.fleet.epoch {
            self.unreported.clear();
        }
        self.fleet = record;
    }

    /// Notes that the store did not answer: from now on this process carries
    /// the record on alone, with `unheard` as its first evidence.
    pub(super) fn miss(&mut self, unheard: &Tally, now: Timestamp) {
        self.asked = Some(now);
        let (fleet, unreported) = (&self.fleet, &self.unreported);
        self.own.get_or_insert_with(|| {
            let mut own = fleet.clone();
            own.evidence.add(own.epoch, unheard);
            own.evidence.add(own.epoch, unreported);
            own
        });
    }

    /// Makes a change that was decided on epoch `basis` to the process's own
    /// record.
    pub(super) fn carry_on(
        &mut self,
        basis: Epoch,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, Conflict> {
        let next = self.known().apply(basis, change, now)?;
        self.own = Some(next.clone());
        Ok(next)
    }

    /// How old what is known is.
    ///
    /// A store that did not answer is not asked again before `refresh_after`,
    /// however stale the view: no call waits for it twice in a row. A clock
    /// that was set back makes what is known stale, for its age is unknown.
    pub(super) fn staleness(&self, policy: &Policy, now: Timestamp) -> Staleness {
        let (Some(asked), Some(heard)) = (self.asked, self.heard.or(self.asked)) else {
            return Staleness::Stale;
        };
        if asked.since(now) > policy.refresh_after {
            Staleness::Stale
        } else if now.since(asked) < policy.refresh_after {
            Staleness::Fresh
        } else if self.heard.is_none() || now.since(heard) >= policy.max_stale {
            Staleness::Stale
        } else {
            Staleness::Aging
        }
    }

    /// Whether nothing has been heard for so long that the process may try the
    /// way back alone.
    pub(super) fn is_forsaken(&self, policy: &Policy, now: Timestamp) -> bool {
        self.heard
            .is_none_or(|heard| now.since(heard) >= policy.max_stale)
    }

    /// Counts one call of `epoch`, unless the circuit has moved on since.
    pub(super) fn count(&mut self, epoch: Epoch, counts: Counts, policy: &Policy, now: Timestamp) {
        let tally = Tally::from([(Slot::at(now, policy), counts)]);
        if let Some(own) = &mut self.own {
            if own.epoch != epoch {
                return;
            }
            own.evidence.add(epoch, &tally);
            own.evidence.forget_stale(epoch, policy, now);
        }
        if self.fleet.epoch == epoch {
            self.put_back(epoch, &tally);
            self.unreported.retain(|slot, _| !slot.is_over(now, policy));
        }
    }

    /// Takes the calls that are to be reported now; those outside the window
    /// prove nothing any more.
    pub(super) fn take_unreported(&mut self, policy: &Policy, now: Timestamp) -> Tally {
        self.unreported.retain(|slot, _| !slot.is_over(now, policy));
        std::mem::take(&mut self.unreported)
    }

    /// Puts back calls that certainly did not reach the fleet.
    pub(super) fn put_back(&mut self, epoch: Epoch, tally: &Tally) {
        if epoch == self.fleet.epoch {
            for (&slot, &counts) in tally {
                self.unreported.entry(slot).or_default().add(counts);
            }
        }
    }

    /// Whether failures wait to be reported.
    pub(super) fn has_unreported_failures(&self) -> bool {
        self.unreported.values().any(|counts| counts.failures > 0)
    }
}
