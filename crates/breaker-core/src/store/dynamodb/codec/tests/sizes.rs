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

/// A circuit that has been open and closed again 40 times.
fn closed() -> Record {
    Record {
        epoch: Epoch(123),
        phase: Phase::Closed { since: NOW },
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
            reopens: 99,
            successes: 99,
            leases: (0..MAX_LEASE_SLOTS).map(|place| (place, lease)).collect(),
        },
        evidence: evidence(Counts {
            calls: 1_234,
            failures: 1_234,
            slow: 1_234,
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
    let calls = |calls, failures| Counts {
        calls,
        failures,
        slow: 0,
    };
    let mut half_failing = evidence(calls(25, 0));
    let every_other = half_failing.0.values_mut().step_by(2);
    every_other.for_each(|counts| counts.failures = 1);
    let of = |evidence| {
        let record = Record {
            evidence,
            ..closed()
        };
        size(&encode_record(&circuit, &record))
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
        ("well, heartbeats alone", of(Evidence::default())),
        ("well, calls in every slot", of(evidence(calls(25, 0)))),
        ("well, failures in every other slot", of(half_failing)),
        ("failures in every slot", of(evidence(calls(25, 12)))),
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
fn a_circuit_that_is_well_takes_one_write_unit() {
    let well = measured();
    let well = well.iter().filter(|(what, _)| what.starts_with("well"));
    let sizes: Vec<usize> = well.map(|(_, bytes)| *bytes).collect();
    assert_eq!(sizes.len(), 3);
    assert!(
        sizes[0] < 400 && sizes.iter().all(|bytes| *bytes <= 1_024),
        "{sizes:?}"
    );
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
