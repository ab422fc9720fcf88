//! What a process has to tell, and when it tells it.

use std::{collections::BTreeMap, time::Duration};

use super::{
    State,
    errand::{Errand, Operation, Purpose, Then},
};
use crate::{
    policy::Policy,
    protocol::{Change, Counts, Epoch, Heartbeats, Report, Slot, Tally, TrafficSlot},
    time::Timestamp,
};

/// The chance of a heartbeat at the first contact of a process in a fleet of
/// unknown size. It doubles with each contact: large fleets must not shout
/// when they start, and small ones must be heard.
const FIRST_CHANCE: f64 = 1.0 / 32.0;

/// A process that slept longer than this does not speak for all that time.
const LONGEST_SILENCE: Duration = Duration::from_mins(2);

/// What the fleet does not know yet.
#[derive(Debug, Default)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Unreported {
    /// Sampled calls of the fleet's epoch.
    tally: Tally,
    /// Calls that arrived since the last contact.
    arrivals: u64,
    /// When the last contact began.
    contact: Option<Timestamp>,
    /// Time that a contact was to tell of that did not take place.
    untold_ms: u64,
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

    /// Takes over successes that nobody looked at one by one.
    pub(super) fn collect(&mut self, arrivals: u64, sampled: BTreeMap<Slot, u64>) {
        self.arrivals = self.arrivals.saturating_add(arrivals);
        for (slot, calls) in sampled {
            let successes = Counts {
                calls,
                ..Counts::default()
            };
            self.tally.entry(slot).or_default().add(successes);
        }
    }

    pub(super) fn count(&mut self, counts: Counts, policy: &Policy, now: Timestamp) {
        self.tally
            .entry(Slot::at(now, policy))
            .or_default()
            .add(counts);
        self.forget_the_past(policy, now);
    }

    pub(super) fn put_back(&mut self, tally: &Tally) {
        for (&slot, &counts) in tally {
            self.tally.entry(slot).or_default().add(counts);
        }
    }

    /// Takes back what a contact that did not take place was to tell of. What
    /// it would not have told of stays untold: that was drawn already.
    pub(super) fn put_back_traffic(&mut self, seen: Heartbeats) {
        self.arrivals = self.arrivals.saturating_add(seen.arrivals);
        self.untold_ms = self.untold_ms.saturating_add(seen.lifetime_ms);
    }

    /// Calls of an epoch that is over prove nothing.
    pub(super) fn forget_calls(&mut self) {
        self.tally.clear();
    }

    /// Calls outside the window prove nothing any more.
    fn forget_the_past(&mut self, policy: &Policy, now: Timestamp) {
        if self
            .tally
            .first_key_value()
            .is_some_and(|(slot, _)| slot.is_over(now, policy))
        {
            self.tally.retain(|slot, _| !slot.is_over(now, policy));
        }
        let most = usize::try_from(policy.window_slots).unwrap_or(usize::MAX);
        while self.tally.len() > most {
            self.tally.pop_first();
        }
    }

    pub(super) fn tells_of_trouble(&self) -> bool {
        self.tally.values().any(|counts| counts.tells_of_trouble())
    }

    pub(super) fn has_calls(&self) -> bool {
        !self.tally.is_empty()
    }

    /// What has been seen since the last contact, which ends now.
    fn since_last_contact(&mut self, now: Timestamp) -> Heartbeats {
        let silence = self
            .contact
            .map_or(Duration::ZERO, |before| now.since(before))
            .min(LONGEST_SILENCE);
        self.contact = Some(now);
        let silence_ms = u64::try_from(silence.as_millis()).unwrap_or(u64::MAX);
        Heartbeats {
            arrivals: std::mem::take(&mut self.arrivals),
            contacts: 1,
            lifetime_ms: std::mem::take(&mut self.untold_ms).saturating_add(silence_ms),
        }
    }
}

/// Whether a contact is a heartbeat, and for how many it speaks.
struct Chance {
    of_telling: f64,
    weight: f64,
}

impl State {
    /// Whether this process knows of trouble that others must be told of.
    pub(super) fn must_tell(&self) -> bool {
        self.unreported.tells_of_trouble()
            || (self.unreported.has_calls() && self.news.is_suspicious())
    }

    /// A contact with the store: it tells if there is something to tell, and
    /// asks otherwise.
    pub(super) fn contact(&mut self, then: Then, policy: &Policy, now: Timestamp) -> Errand {
        self.collect(policy, now);
        self.unreported.forget_the_past(policy, now);
        let seen = self.unreported.since_last_contact(now);
        let heartbeats = if self.must_tell() {
            // It is written anyway, and so tells of itself alone.
            Some(Heartbeats {
                contacts: 0,
                ..seen
            })
        } else {
            let Chance { of_telling, weight } = self.heartbeat_chance(policy);
            if self.entropy.uniform() < of_telling {
                Some(weighted(seen, weight, self.entropy.uniform()))
            } else {
                None
            }
        };
        let operation = match heartbeats {
            Some(heartbeats) => self.report(heartbeats, policy, now),
            None => Operation::Load(self.news.reading()),
        };
        Errand::new(operation, Purpose::Contact(then))
    }

    /// Asks on behalf of a call that waits, and tells nothing: a call in need
    /// is no time for statistics.
    pub(super) fn look(&self) -> Errand {
        let operation = Operation::Load(self.news.reading());
        Errand::new(operation, Purpose::Contact(Then::Decide))
    }

    fn heartbeat_chance(&mut self, policy: &Policy) -> Chance {
        let known = self.news.fleet_size().map(|size| size.contacts_per_s);
        if let Some(contacts_per_s) = known.filter(|per_s| *per_s > 0.0) {
            self.unreported.contacts_in_the_dark = 0;
            let of_telling = (policy.heartbeats_per_s / contacts_per_s).min(1.0);
            return Chance {
                of_telling,
                weight: 1.0 / of_telling,
            };
        }
        let contacts = self.unreported.contacts_in_the_dark;
        self.unreported.contacts_in_the_dark = contacts.saturating_add(1);
        let doubled = 2_f64.powi(i32::try_from(contacts).unwrap_or(i32::MAX));
        Chance {
            of_telling: (FIRST_CHANCE * doubled).min(1.0),
            // One process may be all there is: a first heartbeat speaks for
            // itself alone. The next ones, by a better chance, soon add up.
            weight: 1.0,
        }
    }

    fn report(&mut self, heartbeats: Heartbeats, policy: &Policy, now: Timestamp) -> Operation {
        let basis = self.news.record();
        let report = Report {
            stale: basis.evidence.stale_keys(basis.epoch, policy, now),
            stale_traffic: basis.traffic.stale_slots(now),
            heartbeats: (!heartbeats.is_empty()).then(|| (TrafficSlot::at(now), heartbeats)),
            tally: std::mem::take(&mut self.unreported.tally),
        };
        Operation::Apply {
            basis: std::sync::Arc::clone(basis),
            change: Change::Report(report),
        }
    }

    /// Takes back what certainly did not reach the fleet.
    pub(super) fn take_back(&mut self, epoch: Epoch, tally: &Tally) {
        if epoch == self.news.record().epoch {
            self.unreported.put_back(tally);
        }
    }

    /// The share of calls that are evidence.
    ///
    /// A large fleet is judged by a random sample of its calls. What the record
    /// shows of the last seconds counts as well: traffic may have grown since
    /// the last heartbeat.
    pub(super) fn sampled_share(&self, policy: &Policy, now: Timestamp) -> f64 {
        let promised = self
            .news
            .fleet_size()
            .map_or(0.0, |size| size.calls_per_s.max(size.recent_calls_per_s));
        let share = (policy.sampled_calls_per_s / promised).min(1.0);
        let counted = self.news.record().counted_per_s(policy, now);
        let crowded = (2.0 * policy.sampled_calls_per_s / counted).min(1.0);
        share * crowded
    }
}

/// Each number times `weight`, as a whole number: rounded up as often as its
/// fraction says, or the sum over many small numbers would be off by up to a
/// third. `draw` is uniform from 0 to 1, without 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "estimates far below 2^52, never negative"
)]
fn weighted(seen: Heartbeats, weight: f64, draw: f64) -> Heartbeats {
    let times = |number: u64| (number as f64 * weight + draw) as u64;
    Heartbeats {
        arrivals: times(seen.arrivals),
        contacts: times(seen.contacts),
        lifetime_ms: times(seen.lifetime_ms),
    }
}
