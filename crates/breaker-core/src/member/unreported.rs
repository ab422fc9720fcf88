//! What the fleet does not know yet of this process's calls.

use std::time::Duration;

use super::context::Context;
use crate::{
    protocol::{Counts, Heartbeats, Slot, Tally},
    time::Timestamp,
};

/// A process that slept longer than this does not speak for all that time.
const LONGEST_SILENCE: Duration = Duration::from_mins(2);

/// Calls and traffic that were not reported.
#[derive(Debug, Default)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Unreported {
    /// What is to be told of the fleet's epoch.
    tally: Tally,
    /// Calls that arrived since the last contact.
    arrivals: u64,
    /// Calls that were refused since the last contact.
    refused: u64,
    /// When the last contact began.
    contact: Option<Timestamp>,
    /// Heartbeats that had no effect.
    owed: Heartbeats,
    /// Contacts so far while the fleet's size was unknown.
    contacts_in_the_dark: u32,
}

impl Unreported {
    pub(super) fn arrive(&mut self) {
        self.arrivals = self.arrivals.saturating_add(1);
    }

    /// A call that this process keeps from the dependency will never be
    /// evidence: counted as traffic, it would be taken for a success.
    pub(super) fn turn_away(&mut self) {
        self.arrivals = self.arrivals.saturating_sub(1);
    }

    /// A call was refused, by whatever.
    pub(super) fn refuse(&mut self) {
        self.refused = self.refused.saturating_add(1);
    }

    /// Takes over calls that passed the gate and succeeded.
    pub(super) fn collect(&mut self, arrivals: u64) {
        self.arrivals = self.arrivals.saturating_add(arrivals);
    }

    pub(super) fn count(&mut self, counts: Counts, cx: &Context<'_>) {
        self.tally
            .entry(Slot::at(cx.now, cx.policy))
            .or_default()
            .add(counts);
        self.forget_the_past(cx);
    }

    /// Keeps each call with a chance of `share`: others tell enough.
    pub(super) fn thin(&mut self, share: f64, cx: &mut Context<'_>) {
        if share >= 1.0 {
            return;
        }
        for counts in self.tally.values_mut() {
            *counts = counts.thinned(|| cx.draw() < share);
        }
        self.tally.retain(|_, counts| *counts != Counts::default());
    }

    /// Takes back counts that certainly did not reach the fleet.
    pub(super) fn put_back(&mut self, tally: &Tally) {
        for (&slot, &counts) in tally {
            self.tally.entry(slot).or_default().add(counts);
        }
    }

    /// Takes back heartbeats that had no effect, because the record had moved on or
    /// the contact did not take place. They were drawn already, and are told as
    /// they are with the next contact.
    pub(super) fn owe(&mut self, heartbeats: Heartbeats) {
        self.owed.add(heartbeats);
    }

    pub(super) fn take_owed(&mut self) -> Heartbeats {
        std::mem::take(&mut self.owed)
    }

    /// Calls of an epoch that is over prove nothing.
    pub(super) fn start_epoch(&mut self) {
        self.tally.clear();
    }

    /// Calls outside the window prove nothing any more.
    pub(super) fn forget_the_past(&mut self, cx: &Context<'_>) {
        if self
            .tally
            .first_key_value()
            .is_some_and(|(slot, _)| slot.is_over(cx.now, cx.policy, cx.policy.window))
        {
            self.tally
                .retain(|slot, _| !slot.is_over(cx.now, cx.policy, cx.policy.window));
        }
        let most = usize::try_from(cx.policy.window_slots).unwrap_or(usize::MAX);
        while self.tally.len() > most {
            self.tally.pop_first();
        }
    }

    /// Whether a call failed or was slow.
    pub(super) fn has_trouble(&self) -> bool {
        self.tally.values().any(|counts| counts.tells_of_trouble())
    }

    pub(super) fn has_calls(&self) -> bool {
        !self.tally.is_empty()
    }

    /// The counts, to be reported.
    pub(super) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// What has been seen since the last contact, which ends now.
    pub(super) fn take_traffic(&mut self, cx: &Context<'_>) -> Heartbeats {
        let silence = self
            .contact
            .map_or(Duration::ZERO, |before| cx.now.since(before))
            .min(LONGEST_SILENCE);
        self.contact = Some(cx.now);
        let silence_ms = u64::try_from(silence.as_millis()).unwrap_or(u64::MAX);
        Heartbeats {
            arrivals: std::mem::take(&mut self.arrivals),
            contacts: 1,
            lifetime_ms: silence_ms,
            refused: std::mem::take(&mut self.refused),
        }
    }

    /// How many contacts there were before this one while the fleet's size was
    /// unknown.
    pub(super) fn count_contact_in_the_dark(&mut self) -> u32 {
        let before = self.contacts_in_the_dark;
        self.contacts_in_the_dark = before.saturating_add(1);
        before
    }

    /// The fleet's size is known.
    pub(super) fn see_the_fleet(&mut self) {
        self.contacts_in_the_dark = 0;
    }
}
