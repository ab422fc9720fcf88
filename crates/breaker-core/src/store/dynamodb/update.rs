//! Changes as updates of a circuit's item.

use std::collections::BTreeSet;

use super::{
    codec::{
        CLOSED, Counter, HALF_OPEN, OVERRIDE, SCHEMA, SUSPECTED, encode_lease, encode_override,
        encode_phase, lease_expiry, lease_owner, names_of_phases, number, owner_text, text, time,
    },
    expression::Expression,
};
use crate::{
    protocol::{
        Change, Epoch, LeaseIndex, LeaseOwner, OnBehalf, Override, Record, Report, SlotKey,
        Suspicion,
    },
    time::Timestamp,
};

/// The update that does what `change`, decided on `basis` at `now`, says, if
/// the item still is as the change assumes.
pub(super) fn update_of(basis: &Record, change: &Change, now: Timestamp) -> Expression {
    let mut update = Expression::default();
    update.still_in(basis.epoch);
    match change {
        Change::Report(report) => update.report(report, basis.epoch),
        Change::TakeLease { index, lease } => {
            update.is_free(*index, now);
            for (name, value) in encode_lease(*index, *lease) {
                update.set(name, value);
            }
        }
        Change::ProbeSucceeded { index, owner } => {
            update.is_held(*index, *owner, now);
            update.free(*index);
            update.add("probe_successes", 1);
        }
        Change::ProbeFailed { index, owner } => {
            update.is_held(*index, *owner, now);
            update.free(*index);
            update.add("probe_failures", 1);
        }
        Change::ReleaseLease { index, owner } => {
            update.is_leased(*index, *owner);
            update.free(*index);
        }
        Change::Transition {
            on_behalf, cause, ..
        } => {
            match on_behalf {
                OnBehalf::Fleet => {
                    if let Some(failures) = cause.failed_probes() {
                        update.have_failed(failures);
                    }
                }
                OnBehalf::Probe { index, owner } => update.is_held(*index, *owner, now),
            }
            update.move_on(basis, &basis.after(change, now));
        }
        Change::PlaceOverride(_) | Change::WithdrawOverride { .. } => {
            let next = basis.after(change, now);
            update.place(next.standing_override.as_ref());
            update.move_on(basis, &next);
        }
    }
    update
}

/// What must hold.
impl Expression {
    /// The record still is in `epoch`, and of a schema that may be written. A
    /// circuit that nobody has written yet is in epoch 0.
    fn still_in(&mut self, epoch: Epoch) {
        let (name, value) = (self.name("epoch"), self.value(number(epoch.0)));
        let (v, schema) = (self.name("v"), self.value(number(SCHEMA)));
        let same = format!("{name} = {value} AND {v} = {schema}");
        if epoch == Epoch(0) {
            let key = self.name("pk");
            self.require(format!("(attribute_not_exists({key}) OR ({same}))"));
        } else {
            self.require(same);
        }
    }

    /// So many probes have failed, and no more.
    fn have_failed(&mut self, failures: u32) {
        let (name, failures) = (
            self.name("probe_failures"),
            self.value(number(u64::from(failures))),
        );
        self.require(format!(
            "(attribute_not_exists({name}) OR {name} = {failures})"
        ));
    }

    /// Nobody holds the place.
    fn is_free(&mut self, place: LeaseIndex, now: Timestamp) {
        let (phase, half_open) = (self.name("phase"), self.value(text(HALF_OPEN)));
        let (owner, expiry) = (
            self.name(lease_owner(place)),
            self.name(lease_expiry(place)),
        );
        let now = self.value(time(now));
        self.require(format!(
            "{phase} = {half_open} AND (attribute_not_exists({owner}) OR {expiry} <= {now})"
        ));
    }

    /// The place is the owner's, even if its time is over.
    fn is_leased(&mut self, place: LeaseIndex, owner: LeaseOwner) {
        let name = self.name(lease_owner(place));
        let owner = self.value(text(&owner_text(owner)));
        self.require(format!("{name} = {owner}"));
    }

    /// The place is the owner's, and its time is not over.
    fn is_held(&mut self, place: LeaseIndex, owner: LeaseOwner, now: Timestamp) {
        self.is_leased(place, owner);
        let (expiry, now) = (self.name(lease_expiry(place)), self.value(time(now)));
        self.require(format!("{expiry} > {now}"));
    }
}

/// What is done.
impl Expression {
    /// Gives a place among the probes back.
    fn free(&mut self, place: LeaseIndex) {
        self.remove(lease_owner(place));
        self.remove(lease_expiry(place));
    }

    fn report(&mut self, report: &Report, epoch: Epoch) {
        if epoch == Epoch(0) {
            // Nobody may have written this circuit yet.
            self.set_if_absent("v", number(SCHEMA));
            self.set_if_absent("epoch", number(0));
            self.set_if_absent("phase", text(CLOSED));
            self.set_if_absent("since_ms", number(0));
            self.set_if_absent("opened_ms", number(0));
            self.set_if_absent("doubt", number(0));
        }
        match report.suspicion {
            Some(Suspicion::Raised(since)) => self.set_if_absent(SUSPECTED, time(since)),
            Some(Suspicion::Cleared) => self.remove(SUSPECTED),
            None => {}
        }
        for (&slot, &counts) in &report.tally {
            for (counter, number) in Counter::of_counts(SlotKey { epoch, slot }, counts) {
                self.add(counter.to_string(), number);
            }
        }
        if let Some((slot, heartbeats)) = report.heartbeats {
            for (counter, number) in Counter::of_heartbeats(slot, heartbeats) {
                self.add(counter.to_string(), number);
            }
        }
        self.drop_stale(report, epoch);
    }

    /// Drops what is stale, as far as there is room: the rest stays stale and
    /// goes with another report. What is reported just now is not stale.
    fn drop_stale(&mut self, report: &Report, epoch: Epoch) {
        // DynamoDB refuses an update that names an attribute twice.
        let mut traffic: BTreeSet<_> = report.stale_traffic.iter().copied().collect();
        if let Some((reported, _)) = report.heartbeats {
            traffic.remove(&reported);
        }
        let mut evidence: BTreeSet<_> = report.stale.iter().copied().collect();
        evidence.retain(|key| key.epoch != epoch || !report.tally.contains_key(&key.slot));
        let traffic = traffic.into_iter().map(Counter::all_of_traffic);
        self.drop_all(traffic);
        self.drop_all(evidence.into_iter().map(Counter::all_of));
    }

    fn drop_all<const COUNTERS: usize>(
        &mut self,
        slots: impl Iterator<Item = [Counter; COUNTERS]>,
    ) {
        for counters in slots {
            if self.room() < counters.len() {
                break;
            }
            for counter in counters {
                self.remove(counter.to_string());
            }
        }
    }

    /// Replaces the phase and drops the evidence. What others have added to
    /// the traffic since `basis` was read stays; what they have added to the
    /// evidence names an epoch that is over, and goes with a later report.
    fn move_on(&mut self, basis: &Record, next: &Record) {
        self.set("v", number(SCHEMA));
        self.set("epoch", number(next.epoch.0));
        match &next.cause {
            Some(cause) => self.set("cause", text(cause)),
            None => self.remove("cause"),
        }
        let phase = encode_phase(&next.phase);
        // Whatever the old phase has become in the meantime, all of it goes.
        let stays = |name: &String| phase.iter().any(|(kept, _)| kept == name);
        for name in names_of_phases().filter(|name| !stays(name)) {
            self.remove(name);
        }
        for (name, value) in phase {
            self.set(name, value);
        }
        let evidence = basis.evidence.0.keys().copied();
        self.drop_all(evidence.map(Counter::all_of));
    }

    fn place(&mut self, placed: Option<&Override>) {
        match placed {
            Some(placed) => {
                for (name, value) in encode_override(placed) {
                    self.set(name, value);
                }
            }
            None => OVERRIDE.into_iter().for_each(|name| self.remove(name)),
        }
    }
}

#[cfg(test)]
mod tests;
