//! The largest updates stay within DynamoDB's limits.

use std::collections::BTreeMap;

use super::super::expression::{MAX_OPERATIONS, Parts};
use super::*;
use crate::protocol::{
    Cause, Counts, Heartbeats, Lease, MAX_LEASES, OverrideMode, Phase, Slot, TrafficSlot,
};

/// What witnesses tell at most.
const HUGE: Counts = Counts {
    calls: u64::MAX,
    failures: u64::MAX,
    slow: u64::MAX,
    both: u64::MAX,
    alarms: 0,
};

/// The most slots that a policy can have.
const MOST_SLOTS: u64 = 60;
const EXPRESSION_BYTES: usize = 4_096;
const NOW: Timestamp = Timestamp::from_unix_ms(u64::MAX / 2);

fn key(epoch: u64, slot: u64) -> SlotKey {
    SlotKey {
        epoch: Epoch(epoch),
        slot: Slot(slot),
    }
}

/// A record with as many slots of evidence as nobody will ever see.
fn crowded(epoch: u64) -> Record {
    let mut record = Record {
        epoch: Epoch(epoch),
        ..Record::default()
    };
    let slots = (0..1_000).map(|ago| (key(epoch, u64::MAX - ago), HUGE));
    record.evidence.0.extend(slots);
    record
}

/// A process tells of alarms until it knows of the suspicion and then of all
/// calls; in one slot it may do both.
fn largest_report(epoch: u64) -> Report {
    let newest = u64::MAX;
    let first = Counts {
        alarms: u64::MAX,
        ..HUGE
    };
    let slots = (0..MOST_SLOTS).map(|ago| (Slot(newest - ago), HUGE));
    let slots = slots.chain([(Slot(newest - (MOST_SLOTS - 1)), first)]);
    Report {
        tally: slots.collect(),
        heartbeats: Some((
            TrafficSlot(newest),
            Heartbeats {
                arrivals: u64::MAX,
                contacts: u64::MAX,
                lifetime_ms: u64::MAX,
                refused: u64::MAX,
            },
        )),
        stale: (100..1_100).map(|ago| key(epoch, newest - ago)).collect(),
        stale_traffic: (1..50).map(|ago| TrafficSlot(newest - ago)).collect(),
        suspicion: Some(Suspicion::Raised(NOW)),
    }
}

/// The words of an update that count as operations.
fn operations(update: &str) -> usize {
    let separators = update.matches([',']).count();
    let clauses = update
        .split(' ')
        .filter(|word| word.parse::<u64>().is_err());
    let keywords = clauses.filter(|word| ["SET", "REMOVE", "ADD"].contains(word));
    // `if_not_exists(a, b)` has a comma of its own, and is an operation.
    separators + keywords.count()
}

fn fits(update: Expression) -> Parts {
    let parts = update.into_parts();
    let update = parts.update.as_deref().unwrap_or_default();
    assert!(update.len() <= EXPRESSION_BYTES, "{} bytes", update.len());
    assert!(parts.condition.len() <= EXPRESSION_BYTES);
    assert!(
        operations(update) <= MAX_OPERATIONS,
        "{} operations",
        operations(update)
    );
    for placeholder in parts.names.keys().chain(parts.values.keys()) {
        let used = |text: &str| {
            let mut words = text.split(|letter: char| " ,()=".contains(letter));
            words.any(|word| word == placeholder)
        };
        assert!(
            used(update) || used(&parts.condition),
            "{placeholder} is not used, which is an error"
        );
    }
    parts
}

#[test]
fn the_largest_report_fits_and_drops_as_much_as_there_is_room_for() {
    for epoch in [0, u64::MAX - 1] {
        let report = largest_report(epoch);
        let parts = fits(update_of(&crowded(epoch), &Change::Report(report), NOW));
        let update = parts.update.unwrap();
        assert!(operations(&update) > MAX_OPERATIONS - 5);
        let adds = update.split("ADD").nth(1).unwrap();
        assert_eq!(adds.matches(':').count(), 4 * 60 + 1 + 4);
    }
}

#[test]
fn the_largest_transition_fits_and_drops_the_phase_in_full() {
    let lease = Lease {
        owner: LeaseOwner(u128::MAX),
        expires: NOW,
    };
    let half_open = Phase::HalfOpen {
        since: NOW,
        opened: NOW,
        reopens: u32::MAX,
        doubt: u32::MAX,
        successes: 0,
        failures: 0,
        leases: (0..MAX_LEASES).map(|place| (place, lease)).collect(),
    };
    let to_half_open = Change::Transition {
        to: half_open,
        cause: Cause::ProbeStarted,
        on_behalf: OnBehalf::Probe {
            index: 7,
            owner: LeaseOwner(1),
        },
    };
    let placed = Change::PlaceOverride(Override {
        mode: OverrideMode::ForceClosed,
        reason: "x".repeat(10_000),
        actor: "y".repeat(10_000),
        expires: NOW,
    });
    for (change, phases) in [(to_half_open, 1), (placed, 19)] {
        let parts = fits(update_of(&crowded(9), &change, NOW));
        let update = parts.update.unwrap();
        let removes = update.split("REMOVE").nth(1).unwrap().split(',').count();
        assert!(removes - phases > 200, "{removes} attributes are dropped");
    }
}

#[test]
fn a_report_of_nothing_has_no_update_expression() {
    let basis = Record {
        epoch: Epoch(1),
        ..Record::default()
    };
    let nothing = Change::Report(Report::default());
    assert_eq!(fits(update_of(&basis, &nothing, NOW)).update, None);
}

#[test]
fn counts_that_are_zero_are_not_written() {
    let report = Report {
        tally: BTreeMap::from([(Slot(5), Counts::SUCCESS)]),
        heartbeats: Some((
            TrafficSlot(6),
            Heartbeats {
                arrivals: 1,
                ..Heartbeats::default()
            },
        )),
        ..Report::default()
    };
    let basis = Record {
        epoch: Epoch(4),
        ..Record::default()
    };
    let parts = fits(update_of(&basis, &Change::Report(report), NOW));
    let mut names: Vec<&str> = parts.names.values().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["a6", "c4_5", "epoch", "v"]);
}
