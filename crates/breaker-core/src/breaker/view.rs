//! What one process knows, and what it has not told yet.

use crate::{
    policy::Policy,
    protocol::{Counts, Epoch, Record, Slot, Tally},
    time::Timestamp,
};

/// The last known record, and the calls counted since the last report.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The record as last heard of; while the store is away, as this process
    /// has carried it on by itself.
    pub(super) record: Record,
    /// When the store last answered, or was last found not to.
    contacted: Option<Timestamp>,
    /// When the store last answered.
    heard: Option<Timestamp>,
    /// Calls of the record's epoch that no record counts yet.
    unreported: Tally,
    /// Calls that this process's own record counts, but not the fleet's.
    owed: Tally,
    /// Whose word the record is.
    course: Course,
    /// Whether a contact with the store is under way; one at a time is enough.
    in_contact: bool,
}

/// Whether calls that were counted alone are still to be told to the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Debt {
    /// They are: the fleet is certain not to know them.
    Owed,
    /// They are not: the fleet may know them already.
    Forgiven,
}

/// Whose word a record is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Course {
    /// The fleet's, as the store last said.
    #[default]
    WithFleet,
    /// This process's own, carried on while the store is away.
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
    /// Takes over what the store said to an operation that began when epoch
    /// `basis` was known.
    ///
    /// If another operation has brought news in the meantime, only a later
    /// epoch replaces it.
    pub(super) fn adopt(&mut self, record: Record, basis: Epoch, now: Timestamp) {
        self.contacted = Some(now);
        self.heard = Some(now);
        let overtaken = self.record.epoch != basis && record.epoch <= self.record.epoch;
        if self.course == Course::Alone || !overtaken {
            self.course = Course::WithFleet;
            self.owed.clear();
            self.replace(record);
        }
    }

    /// Takes over what an eventually consistent read showed. It may be the
    /// past: what this process has seen of a later epoch stands.
    pub(super) fn adopt_unless_older(&mut self, record: Record, now: Timestamp) {
        self.contacted = Some(now);
        self.heard = Some(now);
        if self.course == Course::Alone || record.epoch >= self.record.epoch {
            self.course = Course::WithFleet;
            self.replace(record);
        }
    }

    /// Carries the record on without the store.
    pub(super) fn carry_on(&mut self, record: Record) {
        self.course = Course::Alone;
        self.replace(record);
    }

    /// Counts of another epoch are void.
    fn replace(&mut self, record: Record) {
        if record.epoch != self.record.epoch {
            self.unreported.clear();
            self.owed.clear();
        }
        self.record = record;
    }

    /// Notes that the store did not answer, so that it is left alone a while.
    pub(super) fn missed(&mut self, now: Timestamp) {
        self.course = Course::Alone;
        self.contacted = Some(now);
    }

    /// Whether the store was found away a moment ago and is not to be asked
    /// again just yet.
    pub(super) fn store_is_away(&self, policy: &Policy, now: Timestamp) -> bool {
        let waited = self
            .contacted
            .is_none_or(|last| now.since(last) >= policy.refresh_after);
        self.course == Course::Alone && !waited
    }

    /// A store that did not answer is not asked again before `refresh_after`,
    /// however stale the view: no call waits for it twice in a row.
    pub(super) fn staleness(&self, policy: &Policy, now: Timestamp) -> Staleness {
        let age = |moment: Option<Timestamp>| moment.map(|moment| now.since(moment));
        match (age(self.contacted), age(self.heard)) {
            (Some(contacted), _) if contacted < policy.refresh_after => Staleness::Fresh,
            (Some(_), Some(heard)) if heard < policy.max_stale => Staleness::Aging,
            _ => Staleness::Stale,
        }
    }

    /// Counts one call of `epoch`, unless the circuit has moved on since.
    pub(super) fn count(&mut self, epoch: Epoch, slot: Slot, failures: u64) {
        if epoch == self.record.epoch {
            self.unreported
                .entry(slot)
                .or_default()
                .add(Counts { calls: 1, failures });
        }
    }

    /// Takes the calls that are to be reported now.
    pub(super) fn take_unreported(&mut self) -> Tally {
        std::mem::take(&mut self.unreported)
    }

    /// These calls and those owed to the fleet.
    pub(super) fn with_owed(&self, fresh: &Tally) -> Tally {
        let mut all = self.owed.clone();
        add(&mut all, fresh);
        all
    }

    /// Whether the fleet is still to be told of calls counted alone.
    pub(super) fn is_in_debt(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Notes what the fleet is still to be told of calls counted alone.
    pub(super) fn settle_debt(&mut self, epoch: Epoch, fresh: &Tally, debt: Debt) {
        match debt {
            Debt::Owed if epoch == self.record.epoch => add(&mut self.owed, fresh),
            Debt::Owed | Debt::Forgiven => self.owed.clear(),
        }
    }

    /// Whether failures wait to be reported.
    pub(super) fn has_unreported_failures(&self) -> bool {
        self.unreported.values().any(|counts| counts.failures > 0)
    }

    /// Reserves the contact with the store, if nobody else has it.
    pub(super) fn begin_contact(&mut self) -> Option<()> {
        let free = !self.in_contact;
        self.in_contact = true;
        free.then_some(())
    }

    /// Ends what [`View::begin_contact`] began.
    pub(super) fn end_contact(&mut self) {
        self.in_contact = false;
    }
}

fn add(sum: &mut Tally, more: &Tally) {
    for (&slot, &counts) in more {
        sum.entry(slot).or_default().add(counts);
    }
}
