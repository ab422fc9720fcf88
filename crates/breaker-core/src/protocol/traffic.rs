//! How much traffic a fleet has.
//!
//! Nobody sees all calls, so the fleet tells itself by *heartbeats*: at each
//! contact with the store a process reports, with a probability p that makes
//! about [`Policy::heartbeats_per_s`](crate::Policy) writes a second for the
//! whole fleet, what it has seen since its last contact, each number divided
//! by p. What is reported at a contact that writes anyway has p = 1. Whether a
//! contact reports is drawn independently of what it would report, so the sums
//! are unbiased (D. G. Horvitz and D. J. Thompson, "A Generalization of
//! Sampling Without Replacement From a Finite Universe", 1952). With n
//! heartbeats of like processes in the time looked at, the standard error is
//! about 1/√n of the sum: by default 11 % over the two minutes that are
//! remembered, 19 to 27 % over the last 20 to 40 seconds, and nothing where p
//! is 1. [`guide::estimator`](crate::guide::estimator) has the rest.

use std::{collections::BTreeMap, time::Duration};

use super::evidence::as_f64;
use crate::time::Timestamp;

/// How long one slot of traffic lasts.
pub const TRAFFIC_SLOT: Duration = Duration::from_secs(20);

/// How many slots of traffic are remembered.
pub const TRAFFIC_SLOTS: u64 = 6;

/// Nothing is concluded from less time than this.
const SHORTEST_LOOK_MS: u64 = 10_000;

/// A surge is noticed within this time.
const SURGE_MS: u64 = 5_000;

const SLOT_MS: u64 = 20_000;

/// The number of a slot of traffic: time since the Unix epoch over
/// [`TRAFFIC_SLOT`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrafficSlot(pub u64);

impl TrafficSlot {
    /// The slot that `now` falls into.
    pub fn at(now: Timestamp) -> Self {
        Self(now.as_unix_ms() / SLOT_MS)
    }

    fn starts(self) -> u64 {
        self.0.saturating_mul(SLOT_MS)
    }

    fn is_over(self, now: Timestamp) -> bool {
        self.0.saturating_add(TRAFFIC_SLOTS) <= Self::at(now).0
    }
}

/// What heartbeats told in one slot, estimated for the whole fleet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Heartbeats {
    /// Calls that arrived, admitted or not.
    pub arrivals: u64,
    /// Contacts with the store that were not due to a failure.
    pub contacts: u64,
    /// Time between contacts, in milliseconds: a process that lives through
    /// the whole slot adds the slot's length.
    pub lifetime_ms: u64,
    /// Calls that were refused, by the circuit or by a process itself.
    pub refused: u64,
}

impl Heartbeats {
    /// Adds what others told.
    pub fn add(&mut self, other: Self) {
        self.arrivals = self.arrivals.saturating_add(other.arrivals);
        self.contacts = self.contacts.saturating_add(other.contacts);
        self.lifetime_ms = self.lifetime_ms.saturating_add(other.lifetime_ms);
        self.refused = self.refused.saturating_add(other.refused);
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What heartbeats told lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Traffic(pub BTreeMap<TrafficSlot, Heartbeats>);

/// The size of a fleet and of its traffic, by its heartbeats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FleetSize {
    /// Calls a second over the last two minutes.
    pub calls_per_s: f64,
    /// The same over the last 20 to 40 seconds.
    pub recent_calls_per_s: f64,
    /// Contacts with the store a second, over two minutes or at this moment,
    /// whichever are more.
    pub contacts_per_s: f64,
    /// Processes alive.
    pub processes: f64,
    /// Calls a second that were refused over the last 20 to 40 seconds.
    pub refused_per_s: f64,
}

impl Traffic {
    /// Adds a heartbeat.
    pub fn add(&mut self, slot: TrafficSlot, heartbeats: Heartbeats) {
        self.0.entry(slot).or_default().add(heartbeats);
    }

    /// The slots that no longer matter and can be removed.
    pub fn stale_slots(&self, now: Timestamp) -> Vec<TrafficSlot> {
        self.0
            .keys()
            .filter(|slot| slot.is_over(now))
            .copied()
            .collect()
    }

    /// What is neither too old nor from a clock that is far ahead.
    fn current(&self, now: Timestamp) -> impl Iterator<Item = (TrafficSlot, Heartbeats)> {
        let next = TrafficSlot(TrafficSlot::at(now).0.saturating_add(1));
        self.0
            .range(..=next)
            .filter(move |(slot, _)| !slot.is_over(now))
            .map(|(&slot, &heartbeats)| (slot, heartbeats))
    }

    /// How big the fleet is; `None` as long as nothing is known.
    pub fn fleet_size(&self, now: Timestamp) -> Option<FleetSize> {
        let (first, _) = self.current(now).next()?;
        let before = TrafficSlot(TrafficSlot::at(now).0.saturating_sub(1)).max(first);
        let mut total = Heartbeats::default();
        let mut recent = Heartbeats::default();
        for (slot, heartbeats) in self.current(now) {
            total.add(heartbeats);
            if slot >= before {
                recent.add(heartbeats);
            }
        }
        let seconds_of = |from: TrafficSlot, shortest_ms: u64| {
            let elapsed = now.as_unix_ms().saturating_sub(from.starts());
            as_f64(elapsed.max(shortest_ms)) / 1_000.0
        };
        let seconds = |from| seconds_of(from, SHORTEST_LOOK_MS);
        let newest = self.current(now).last().unwrap_or_default();
        let surge = as_f64(newest.1.contacts) / seconds_of(newest.0, SURGE_MS);
        Some(FleetSize {
            calls_per_s: as_f64(total.arrivals) / seconds(first),
            recent_calls_per_s: as_f64(recent.arrivals) / seconds(before),
            contacts_per_s: surge.max(as_f64(total.contacts) / seconds(first)),
            processes: as_f64(total.lifetime_ms) / 1_000.0 / seconds(first),
            refused_per_s: as_f64(recent.refused) / seconds(before),
        })
    }
}

#[cfg(test)]
mod tests;
