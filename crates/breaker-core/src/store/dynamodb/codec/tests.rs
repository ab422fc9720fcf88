//! Whatever is written can be read, and whatever is read is understood or
//! refused.
//!
//! `PROPTEST_CASES=20000 cargo test --profile local -p breaker-core --lib codec`
//! looks harder, for some minutes.

mod sizes;

use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
};

use super::*;
use crate::protocol::{Counts, Heartbeats, Slot, SlotKey, State, TrafficSlot, TransitionEvent};

/// A record as one item.
fn encode_record(circuit: &CircuitName, record: &Record) -> Item {
    let mut item = state_key(circuit);
    item.insert("v".to_owned(), number(SCHEMA));
    item.insert("epoch".to_owned(), number(record.epoch.0));
    item.extend(encode_phase(&record.phase));
    let evidence = record.evidence.0.iter();
    let counts = evidence.flat_map(|(&key, &counts)| Counter::of_counts(key, counts));
    let traffic = record.traffic.0.iter();
    let heartbeats = traffic.flat_map(|(&slot, &told)| Counter::of_heartbeats(slot, told));
    let counters = counts.chain(heartbeats);
    item.extend(counters.map(|(counter, value)| (counter.to_string(), number(value))));
    item.extend(record.standing_override.iter().flat_map(encode_override));
    item.extend(
        record
            .cause
            .iter()
            .map(|why| ("cause".to_owned(), text(why))),
    );
    item
}

fn circuit() -> CircuitName {
    "orders".parse().unwrap()
}

/// Until the year 2200: what is later is refused.
fn timestamps() -> impl Strategy<Value = Timestamp> {
    (0..7_258_118_400_000_u64).prop_map(Timestamp::from_unix_ms)
}

/// With room for transitions.
fn epochs() -> impl Strategy<Value = Epoch> {
    (0..u64::MAX / 2).prop_map(Epoch)
}

fn phases() -> impl Strategy<Value = Phase> {
    let lease = (any::<u128>(), timestamps()).prop_map(|(owner, expires)| Lease {
        owner: LeaseOwner(owner),
        expires,
    });
    let leases = btree_map(0..MAX_LEASES, lease, 0..=8);
    let times = (timestamps(), timestamps(), timestamps());
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>());
    let parts = (0..3, times, numbers, any::<bool>(), leases);
    parts.prop_map(|(phase, times, numbers, is_suspected, leases)| {
        let (since, opened, other) = times;
        let (doubt, reopens, successes, failures) = numbers;
        match phase {
            0 => Phase::Closed {
                since,
                opened,
                doubt,
                suspected: is_suspected.then_some(other),
            },
            1 => Phase::Open {
                since,
                opened,
                until: other,
                reopens,
                doubt,
            },
            _ => Phase::HalfOpen {
                since,
                opened,
                reopens,
                doubt,
                successes,
                failures,
                leases,
            },
        }
    })
}

/// Small numbers collide, large ones overflow.
fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..3, any::<u64>()]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let key = (numbers(), numbers()).prop_map(|(epoch, slot)| SlotKey {
        epoch: Epoch(epoch),
        slot: Slot(slot),
    });
    let five = (numbers(), numbers(), numbers(), numbers(), numbers());
    let counts = five.prop_map(|(calls, failures, slow, both, alarms)| Counts {
        calls,
        failures,
        slow,
        both,
        alarms,
    });
    // What is nothing is not written.
    let counts = counts.prop_filter("something", |counts| *counts != Counts::default());
    btree_map(key, counts, 0..30).prop_map(Evidence)
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let told = (numbers(), numbers(), numbers(), numbers()).prop_map(
        |(arrivals, contacts, lifetime_ms, refused)| Heartbeats {
            arrivals,
            contacts,
            lifetime_ms,
            refused,
        },
    );
    btree_map(numbers().prop_map(TrafficSlot), told, 0..8).prop_map(Traffic)
}

fn overrides() -> impl Strategy<Value = Override> {
    let modes = [
        OverrideMode::ForceOpen,
        OverrideMode::ForceClosed,
        OverrideMode::Shadow,
    ];
    let modes = proptest::sample::select(modes.to_vec());
    (modes, ".*", ".*", timestamps()).prop_map(|(mode, reason, actor, expires)| Override {
        mode,
        reason,
        actor,
        expires,
    })
}

fn records() -> impl Strategy<Value = Record> {
    let parts = (
        epochs(),
        phases(),
        evidence(),
        traffic(),
        option::of(overrides()),
        option::of(".*"),
    );
    parts.prop_map(
        |(epoch, phase, evidence, traffic, standing_override, cause)| Record {
            epoch,
            phase,
            evidence,
            traffic,
            standing_override,
            cause,
        },
    )
}

fn events() -> impl Strategy<Value = TransitionEvent> {
    let states = [
        State::Closed,
        State::Open,
        State::HalfOpen,
        State::ForcedOpen,
        State::ForcedClosed,
        State::Shadow,
    ];
    let states = proptest::sample::select(states.to_vec());
    (
        any::<u64>(),
        timestamps(),
        states.clone(),
        states,
        ".*",
        ".*",
        proptest::option::of(timestamps()),
    )
        .prop_map(
            |(epoch, at, from, to, reason, actor, expires)| TransitionEvent {
                epoch: Epoch(epoch),
                at,
                from,
                to,
                reason,
                actor,
                expires,
            },
        )
}

/// Names that are nearly, or in fact, those of attributes.
fn attribute_names() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "v",
            "epoch",
            "phase",
            "since_ms",
            "opened_ms",
            "until_ms",
            "reopens",
            "doubt",
            "suspected_ms",
            "probe_successes",
            "probe_failures",
            "cause",
            "override_mode",
            "override_reason",
            "override_actor",
            "override_until_ms",
            "ttl",
            "at_ms",
            "from_state",
            "to_state",
            "reason",
            "actor",
            "pk",
            "sk",
        ])
        .prop_map(ToOwned::to_owned),
        "[cfsbwaktrl]?[0-9+]{0,3}[_-]?[0-9]{0,3}",
        "l[0-9]_(owner|until_ms)",
        "[abcfkrstw](18446744073709551615|18446744073709551616|é)?_?(18446744073709551615)?",
        ".{0,5}",
    ]
}

fn number_texts() -> impl Strategy<Value = String> {
    prop_oneof![
        numbers().prop_map(|number| number.to_string()),
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        "[-+]?[0-9]{0,39}([.][0-9]{0,5})?([eE][-+]?[0-9]{1,3})?",
    ]
}

fn values() -> impl Strategy<Value = AttributeValue> {
    let words = [
        "closed",
        "open",
        "half_open",
        "ajar",
        "",
        "force_open",
        "shadow",
    ];
    prop_oneof![
        4 => number_texts().prop_map(AttributeValue::N),
        2 => proptest::sample::select(words.to_vec()).prop_map(text),
        1 => "[0-9a-fA-F+]{0,33}".prop_map(AttributeValue::S),
        1 => any::<bool>().prop_map(AttributeValue::Bool),
        1 => Just(AttributeValue::Null(true)),
        1 => vec(number_texts(), 0..3).prop_map(AttributeValue::Ns),
        1 => vec(number_texts().prop_map(AttributeValue::N), 0..3).prop_map(AttributeValue::L),
    ]
}

fn is_understood_or_refused<T: std::fmt::Debug>(found: &Result<T, StoreError>) -> bool {
    matches!(found, Ok(_) | Err(StoreError::Unreadable(_)))
}

/// The record if the item's phase says so; an item of no known phase is never
/// a record.
fn told_the_truth(item: &Item, found: &Result<Record, StoreError>) -> bool {
    let phase = item.get("phase").and_then(|phase| phase.as_s());
    let schema = item.get("v").and_then(|schema| schema.as_n());
    match found {
        Ok(record) => {
            let expected = match record.phase {
                Phase::Closed { .. } => CLOSED,
                Phase::Open { .. } => OPEN,
                Phase::HalfOpen { .. } => HALF_OPEN,
            };
            phase.is_some_and(|phase| phase == expected)
                && schema.and_then(|schema| schema.parse().ok()) == Some(SCHEMA)
        }
        Err(error) => matches!(error, StoreError::Unreadable(_)),
    }
}

proptest! {
    #[test]
    fn every_record_that_is_written_can_be_read(record in records()) {
        let item = encode_record(&circuit(), &record);
        prop_assert_eq!(decode_record(Some(&item)), Ok(record));
    }

    #[test]
    fn every_event_that_is_written_can_be_read(event in events()) {
        prop_assert_eq!(decode_event(&encode_event(&circuit(), &event)), Ok(event));
    }

    #[test]
    fn any_item_is_understood_or_refused(item in btree_map(attribute_names(), values(), 1..20)) {
        prop_assert!(told_the_truth(&item, &decode_record(Some(&item))));
        prop_assert!(is_understood_or_refused(&decode_event(&item)));
    }

    #[test]
    fn a_record_that_was_spoiled_is_understood_or_refused(
        record in records(),
        spoiled in btree_map(attribute_names(), option::of(values()), 1..5),
    ) {
        let mut item = encode_record(&circuit(), &record);
        for (name, value) in spoiled {
            match value {
                Some(value) => item.insert(name, value),
                None => item.remove(&name),
            };
        }
        prop_assert!(told_the_truth(&item, &decode_record(Some(&item))));
    }

    #[test]
    fn a_number_is_read_exactly_or_not_at_all(digits in number_texts()) {
        let mut item = encode_record(&circuit(), &Record::default());
        item.insert("epoch".to_owned(), AttributeValue::N(digits.clone()));
        match decode_record(Some(&item)) {
            Ok(record) => {
                let plain = digits.trim_start_matches('+').trim_start_matches('0');
                let plain = if plain.is_empty() { "0" } else { plain };
                prop_assert_eq!(record.epoch.to_string(), plain);
            }
            Err(error) => prop_assert!(error.to_string().contains("epoch"), "{}", error),
        }
    }

    #[test]
    fn an_unknown_phase_is_never_read(record in records(), phase in "[a-z_]{0,10}") {
        prop_assume!(![CLOSED, OPEN, HALF_OPEN].contains(&phase.as_str()));
        let mut item = encode_record(&circuit(), &record);
        item.insert("phase".to_owned(), text(&phase));
        let found = decode_record(Some(&item));
        prop_assert!(matches!(&found, Err(StoreError::Unreadable(why)) if why.contains("phase")));
    }

    #[test]
    fn another_schema_is_never_read(
        record in records(),
        schema in prop_oneof![0..SCHEMA, SCHEMA + 1..9, any::<u64>().prop_map(|bits| bits | 16)],
    ) {
        let mut item = encode_record(&circuit(), &record);
        item.insert("v".to_owned(), number(schema));
        let found = decode_record(Some(&item));
        prop_assert!(matches!(&found, Err(StoreError::Unreadable(why)) if why.contains("schema")));
    }
}

/// Nobody can have written them but a clock, or a program, that was wrong.
#[test]
fn times_from_2200_on_and_epochs_without_end_are_refused() {
    const YEAR_2200_MS: u64 = 7_258_118_400_000;
    let read = |name: &str, value: u64| {
        let mut item = encode_record(&circuit(), &Record::default());
        item.insert(name.to_owned(), number(value));
        decode_record(Some(&item))
    };
    let refused = |found: &Result<Record, StoreError>, name: &str| matches!(found, Err(StoreError::Unreadable(why)) if why.contains(name));
    for name in ["since_ms", "opened_ms", "suspected_ms"] {
        assert!(read(name, YEAR_2200_MS - 1).is_ok(), "{name}");
        assert!(refused(&read(name, YEAR_2200_MS), name), "{name}");
    }
    assert!(read("epoch", u64::MAX / 2 - 1).is_ok());
    assert!(refused(&read("epoch", u64::MAX / 2), "epoch"));
}

#[test]
fn only_the_spelling_that_is_written_names_a_counter() {
    for name in [
        "c07_1", "c+7_1", "c7_", "c_1", "c7", "c7_1_1", "a", "a01", "a-1", "A1", "x1", "",
    ] {
        assert_eq!(Counter::named(name), None, "{name:?}");
    }
    let key = SlotKey {
        epoch: Epoch(7),
        slot: Slot(1),
    };
    assert_eq!(Counter::named("s7_1"), Some(Counter::Slow(key)));
    assert_eq!(
        Counter::named("t1"),
        Some(Counter::LifetimeMs(TrafficSlot(1)))
    );
}

#[test]
fn half_an_override_or_a_lease_is_not_taken_for_none() {
    let half_open = Record {
        phase: Phase::HalfOpen {
            since: Timestamp::default(),
            opened: Timestamp::default(),
            reopens: 0,
            doubt: 0,
            successes: 0,
            failures: 0,
            leases: BTreeMap::new(),
        },
        ..Record::default()
    };
    for left_over in [
        "override_reason",
        "override_mode",
        "l3_owner",
        "l3_until_ms",
    ] {
        let mut item = encode_record(&circuit(), &half_open);
        item.insert(left_over.to_owned(), text("force_open"));
        let found = decode_record(Some(&item));
        assert!(
            matches!(found, Err(StoreError::Unreadable(_))),
            "{left_over}: {found:?}"
        );
    }
}

/// Or a slot with such a number could never be removed.
#[test]
fn a_counter_beyond_what_is_counted_with_is_as_large_as_they_get() {
    let name = Counter::Calls(SlotKey {
        epoch: Epoch(0),
        slot: Slot(7),
    })
    .to_string();
    let read = |digits: &str| {
        let mut item = encode_record(&circuit(), &Record::default());
        item.insert(name.clone(), AttributeValue::N(digits.to_owned()));
        let record = decode_record(Some(&item))?;
        Ok(record.evidence.0.into_values().map(|told| told.calls).sum())
    };
    assert_eq!(read("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(read("18446744073709551616"), Ok(u64::MAX));
    assert_eq!(read(&"9".repeat(38)), Ok(u64::MAX));
    for spoiled in ["-1", "", "1.5", "-18446744073709551616"] {
        let found: Result<u64, _> = read(spoiled);
        assert!(matches!(found, Err(StoreError::Unreadable(_))), "{spoiled}");
    }
}
