//! How large items are: it decides what a write costs.
//!
//! `docs/dynamodb.md` states these figures; `UPDATE_DOCS=1` writes them there.

use super::*;
use crate::policy::Policy;

/// The size of an item by "DynamoDB item sizes and formats": names and strings
/// in UTF-8, and for a number one byte for every two significant digits and
/// one more.
fn size(item: &Item) -> usize {
    let value_size = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.trim_matches('0').len().div_ceil(2) + 1,
        other => panic!("{other:?} is never written"),
    };
    item.iter()
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

const NOW: Timestamp = Timestamp::from_unix_ms(1_790_000_012_345);

fn closed_phase(suspected: Option<Timestamp>) -> Phase {
    Phase::Closed {
        since: NOW,
        opened: NOW,
        doubt: 1,
        suspected,
    }
}

/// A circuit that has been open and closed again 40 times.
fn closed() -> Record {
    Record {
        epoch: Epoch(123),
        phase: closed_phase(None),
        traffic: traffic(LARGE_FLEET),
        cause: Some("3 probes succeeded".to_owned()),
        ..Record::default()
    }
}

/// As many slots as the default policy remembers, of so many calls each.
fn evidence(counts: Counts) -> Evidence {
    let policy = Policy::default();
    let newest = Slot::at(NOW, &policy).0;
    let slots = (0..u64::from(policy.window_slots)).map(|ago| SlotKey {
        epoch: Epoch(123),
        slot: Slot(newest - ago),
    });
    Evidence(slots.map(|key| (key, counts)).collect())
}

/// Two minutes of heartbeats, and one slot that is over but not yet dropped.
fn traffic(told: Heartbeats) -> Traffic {
    let newest = TrafficSlot::at(NOW).0;
    Traffic(
        (0..7)
            .map(|ago| (TrafficSlot(newest - ago), told))
            .collect(),
    )
}

/// A fleet of 1,000 processes that make 1,000 calls a second.
const LARGE_FLEET: Heartbeats = Heartbeats {
    arrivals: 20_123,
    contacts: 3_123,
    lifetime_ms: 20_123_456,
    refused: 0,
};

/// The fullest record that the default policy and long texts make.
fn fullest() -> Record {
    let lease = Lease {
        owner: LeaseOwner(u128::MAX),
        expires: NOW,
    };
    Record {
        phase: Phase::HalfOpen {
            since: NOW,
            opened: NOW,
            reopens: 9_999,
            doubt: 99,
            successes: 99,
            failures: 99,
            leases: (0..MAX_LEASES).map(|place| (place, lease)).collect(),
        },
        evidence: evidence(Counts {
            calls: 1_234,
            failures: 1_234,
            slow: 1_234,
            both: 1_234,
            alarms: 1_234,
        }),
        traffic: traffic(Heartbeats {
            refused: 20_123,
            ..LARGE_FLEET
        }),
        standing_override: Some(Override {
            mode: OverrideMode::ForceClosed,
            reason: "x".repeat(200),
            actor: "y".repeat(50),
            expires: NOW,
        }),
        cause: Some("z".repeat(200)),
        ..closed()
    }
}

/// What is measured, and what came out.
fn measured() -> Vec<(&'static str, usize)> {
    let circuit: CircuitName = "orders/eu-central-1".parse().unwrap();
    let of = |suspected, evidence| {
        let record = Record {
            phase: closed_phase(suspected),
            evidence,
            ..closed()
        };
        size(&encode_record(&circuit, &record))
    };
    let witnessed = |calls, failures| {
        let counts = Counts {
            calls,
            failures,
            ..Counts::default()
        };
        of(Some(NOW), evidence(counts))
    };
    let slow_too = Counts {
        calls: 25,
        failures: 12,
        slow: 12,
        both: 12,
        alarms: 0,
    };
    let refusing = Record {
        phase: Phase::Open {
            since: NOW,
            opened: NOW,
            until: NOW,
            reopens: 1_234,
            doubt: 1,
        },
        traffic: traffic(Heartbeats {
            refused: 20_123,
            ..LARGE_FLEET
        }),
        ..closed()
    };
    let event = TransitionEvent {
        epoch: Epoch(123),
        at: NOW,
        from: State::HalfOpen,
        to: State::Closed,
        reason: "3 probes succeeded".to_owned(),
        actor: "breaker".to_owned(),
        expires: None,
    };
    vec![
        ("well, heartbeats alone", of(None, Evidence::default())),
        (
            "well, alarms in every slot",
            of(None, evidence(Counts::ALARM)),
        ),
        (
            "open, and refusing",
            size(&encode_record(&circuit, &refusing)),
        ),
        ("suspected, all calls succeed", witnessed(25, 0)),
        ("suspected, failures in every slot", witnessed(25, 12)),
        (
            "suspected, failures that are slow in every slot",
            of(Some(NOW), evidence(slow_too)),
        ),
        (
            "everything at once",
            size(&encode_record(&circuit, &fullest())),
        ),
        ("an event", size(&encode_event(&circuit, &event))),
    ]
}

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dynamodb.md");
const HEADER: &str = "| record | bytes | write units |\n| --- | --- | --- |\n";

fn document() -> String {
    std::fs::read_to_string(DOCUMENT).unwrap()
}

#[test]
fn items_are_as_large_as_the_document_says() {
    let row = |(what, bytes): (&str, usize)| {
        let units = bytes.div_ceil(1_024);
        format!("| {what} | {bytes} | {units} |\n")
    };
    let table: String = measured().into_iter().map(row).collect();
    let document = document();
    let (before, rest) = document.split_once(HEADER).unwrap();
    let (found, after) = rest.split_once("\n\n").unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let updated = format!("{before}{HEADER}{table}\n{after}");
        std::fs::write(DOCUMENT, updated).unwrap();
    } else {
        assert_eq!(format!("{found}\n"), table, "UPDATE_DOCS=1 writes it anew");
    }
}

#[test]
fn a_circuit_takes_one_write_unit_unless_every_slot_has_failures() {
    let measured = measured();
    let bytes = |start: &str| -> Vec<usize> {
        let rows = measured.iter().filter(|(what, _)| what.starts_with(start));
        rows.map(|(_, bytes)| *bytes).collect()
    };
    let one_unit = [bytes("well"), bytes("open"), bytes("suspected, all")].concat();
    assert_eq!(one_unit.len(), 4);
    assert!(bytes("well, heartbeats")[0] < 450, "{measured:?}");
    assert!(one_unit.iter().all(|bytes| *bytes <= 1_024), "{measured:?}");
}

#[test]
fn the_document_has_the_table_of_attributes() {
    let document = document();
    let rows = include_str!("../mod.rs").lines();
    let rows: Vec<&str> = rows.filter_map(|line| line.strip_prefix("//! |")).collect();
    assert!(rows.len() > 15);
    for row in rows {
        assert!(document.contains(row), "docs/dynamodb.md lacks |{row}");
    }
}
