//! What attributes are called that there are many of.

use std::fmt;

use crate::protocol::{
    Counts, Epoch, Evidence, Heartbeats, LeaseIndex, Slot, SlotKey, Traffic, TrafficSlot,
};

pub(in super::super) fn lease_owner(place: LeaseIndex) -> String {
    format!("l{place}_owner")
}

pub(in super::super) fn lease_expiry(place: LeaseIndex) -> String {
    format!("l{place}_until_ms")
}

/// A number that processes add to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Counter {
    Calls(SlotKey),
    Failures(SlotKey),
    Slow(SlotKey),
    Both(SlotKey),
    Alarms(SlotKey),
    Arrivals(TrafficSlot),
    Contacts(TrafficSlot),
    LifetimeMs(TrafficSlot),
    Refused(TrafficSlot),
}

impl fmt::Display for Counter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, epoch, slot) = match self {
            Self::Calls(key) => ('c', Some(key.epoch), key.slot.0),
            Self::Failures(key) => ('f', Some(key.epoch), key.slot.0),
            Self::Slow(key) => ('s', Some(key.epoch), key.slot.0),
            Self::Both(key) => ('b', Some(key.epoch), key.slot.0),
            Self::Alarms(key) => ('w', Some(key.epoch), key.slot.0),
            Self::Arrivals(slot) => ('a', None, slot.0),
            Self::Contacts(slot) => ('k', None, slot.0),
            Self::LifetimeMs(slot) => ('t', None, slot.0),
            Self::Refused(slot) => ('r', None, slot.0),
        };
        match epoch {
            Some(epoch) => write!(formatter, "{kind}{epoch}_{slot}"),
            None => write!(formatter, "{kind}{slot}"),
        }
    }
}

impl Counter {
    /// Everything that one slot's evidence may consist of.
    pub(in super::super) fn all_of(key: SlotKey) -> [Self; 5] {
        [
            Self::Calls(key),
            Self::Failures(key),
            Self::Slow(key),
            Self::Both(key),
            Self::Alarms(key),
        ]
    }

    /// Everything that one slot's traffic may consist of.
    pub(in super::super) fn all_of_traffic(slot: TrafficSlot) -> [Self; 4] {
        [
            Self::Arrivals(slot),
            Self::Contacts(slot),
            Self::LifetimeMs(slot),
            Self::Refused(slot),
        ]
    }

    /// What is worth writing of a slot's evidence: what is not 0.
    pub(in super::super) fn of_counts(
        key: SlotKey,
        counts: Counts,
    ) -> impl Iterator<Item = (Self, u64)> {
        let Counts {
            calls,
            failures,
            slow,
            both,
            alarms,
        } = counts;
        let numbers = [calls, failures, slow, both, alarms];
        let all = Self::all_of(key).into_iter().zip(numbers);
        all.filter(|(_, number)| *number > 0)
    }

    /// What is worth writing of a slot's traffic: the arrivals, and of the
    /// others those that are not 0.
    pub(in super::super) fn of_heartbeats(
        slot: TrafficSlot,
        heartbeats: Heartbeats,
    ) -> impl Iterator<Item = (Self, u64)> {
        let Heartbeats {
            arrivals,
            contacts,
            lifetime_ms,
            refused,
        } = heartbeats;
        let numbers = [arrivals, contacts, lifetime_ms, refused];
        let all = Self::all_of_traffic(slot).into_iter().zip(numbers);
        // The arrivals tell that the slot exists.
        all.enumerate()
            .filter(|(index, (_, number))| *index == 0 || *number > 0)
            .map(|(_, pair)| pair)
    }

    /// The counter of that name. Only the spelling that this program writes is
    /// one: `c07_1` must not be taken for `c7_1`, which may be there too.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut rest = name.chars();
        let kind = rest.next()?;
        let evidence = || {
            let (epoch, slot) = rest.as_str().split_once('_')?;
            Some(SlotKey {
                epoch: Epoch(epoch.parse().ok()?),
                slot: Slot(slot.parse().ok()?),
            })
        };
        let traffic = || rest.as_str().parse().ok().map(TrafficSlot);
        let counter = match kind {
            'c' => Self::Calls(evidence()?),
            'f' => Self::Failures(evidence()?),
            's' => Self::Slow(evidence()?),
            'b' => Self::Both(evidence()?),
            'w' => Self::Alarms(evidence()?),
            'a' => Self::Arrivals(traffic()?),
            'k' => Self::Contacts(traffic()?),
            't' => Self::LifetimeMs(traffic()?),
            'r' => Self::Refused(traffic()?),
            _ => return None,
        };
        (counter.to_string() == name).then_some(counter)
    }

    /// Puts a stored number where it belongs.
    pub(super) fn put(self, number: u64, evidence: &mut Evidence, traffic: &mut Traffic) {
        let place = match self {
            Self::Calls(key) => &mut evidence.0.entry(key).or_default().calls,
            Self::Failures(key) => &mut evidence.0.entry(key).or_default().failures,
            Self::Slow(key) => &mut evidence.0.entry(key).or_default().slow,
            Self::Both(key) => &mut evidence.0.entry(key).or_default().both,
            Self::Alarms(key) => &mut evidence.0.entry(key).or_default().alarms,
            Self::Arrivals(slot) => &mut traffic.0.entry(slot).or_default().arrivals,
            Self::Contacts(slot) => &mut traffic.0.entry(slot).or_default().contacts,
            Self::LifetimeMs(slot) => &mut traffic.0.entry(slot).or_default().lifetime_ms,
            Self::Refused(slot) => &mut traffic.0.entry(slot).or_default().refused,
        };
        *place = number;
    }
}
