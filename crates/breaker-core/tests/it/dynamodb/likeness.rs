//! Whatever happens, the table holds what the store in memory holds.

use std::{cell::Cell, collections::BTreeMap, time::Duration};

use breaker_core::{
    Cause, Change, CircuitName, DynamoDbStore, Epoch, MemoryStore, Override, OverrideMode, Policy,
    Record, StateStore, StoreError, Timestamp,
    protocol::{
        Counts, Heartbeats, Lease, LeaseIndex, OnBehalf, Phase, Report, Slot, SlotKey, Suspicion,
        TrafficSlot,
    },
    store::Consistency,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{TABLE, emulated_table};
use crate::support::{START, name, owner};

/// A change, decided on one of the last records.
#[derive(Debug, Clone)]
struct Step {
    change: Change,
    /// How many records ago it was decided.
    views_ago: usize,
    now: Timestamp,
}

fn times() -> impl Strategy<Value = Timestamp> {
    (0_u64..30).prop_map(|seconds| START + Duration::from_secs(seconds))
}

fn places() -> impl Strategy<Value = LeaseIndex> {
    select(vec![0, 1, 7])
}

fn owners() -> impl Strategy<Value = u128> {
    0_u128..3
}

fn leases() -> impl Strategy<Value = Lease> {
    (owners(), times()).prop_map(|(number, expires)| Lease {
        owner: owner(number),
        expires,
    })
}

fn reports() -> impl Strategy<Value = Change> {
    let policy = Policy::default();
    let first = Slot::at(START, &policy).0;
    let slots = move || (0_u64..4).prop_map(move |offset| Slot(first + offset));
    let counts = (0_u64..5, 0_u64..3, 0_u64..3, 0_u64..2, 0_u64..3);
    let counts = counts.prop_map(|(calls, failures, slow, both, alarms)| Counts {
        calls,
        failures,
        slow,
        both,
        alarms,
    });
    let tally = proptest::collection::btree_map(slots(), counts, 0..4);
    let traffic = || (0_u64..4).prop_map(|offset| TrafficSlot(TrafficSlot::at(START).0 + offset));
    let told = (0_u64..9, 0_u64..3, 0_u64..3, 0_u64..3);
    let told = told.prop_map(|(arrivals, contacts, lifetime_ms, refused)| Heartbeats {
        arrivals,
        contacts,
        lifetime_ms,
        refused,
    });
    let stale = (0_u64..6, slots()).prop_map(|(epoch, slot)| SlotKey {
        epoch: Epoch(epoch),
        slot,
    });
    let parts = (
        tally,
        option::of((traffic(), told)),
        vec(stale, 0..4),
        vec(traffic(), 0..3),
        option::of(suspicions()),
    );
    parts.prop_map(|(tally, heartbeats, stale, stale_traffic, suspicion)| {
        Change::Report(Report {
            tally,
            heartbeats,
            stale,
            stale_traffic,
            suspicion,
        })
    })
}

fn suspicions() -> impl Strategy<Value = Suspicion> {
    prop_oneof![
        times().prop_map(Suspicion::Raised),
        Just(Suspicion::Cleared),
    ]
}

fn phases() -> impl Strategy<Value = Phase> {
    prop_oneof![
        (times(), times(), 0_u32..3, option::of(times())).prop_map(
            |(since, opened, doubt, suspected)| Phase::Closed {
                since,
                opened,
                doubt,
                suspected,
            }
        ),
        (times(), times(), times(), 0_u32..3, 0_u32..3).prop_map(
            |(since, opened, until, reopens, doubt)| Phase::Open {
                since,
                opened,
                until,
                reopens,
                doubt,
            }
        ),
        (times(), times(), 0_u32..3, places(), leases()).prop_map(
            |(since, opened, attempts, place, lease)| Phase::HalfOpen {
                since,
                opened,
                reopens: attempts,
                doubt: attempts,
                successes: attempts,
                failures: attempts,
                leases: BTreeMap::from([(place, lease)]),
            }
        ),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    let on_behalf = prop_oneof![
        2 => Just(OnBehalf::Fleet),
        1 => (places(), owners()).prop_map(|(index, number)| OnBehalf::Probe {
            index,
            owner: owner(number),
        }),
    ];
    let modes = select(vec![
        OverrideMode::ForceOpen,
        OverrideMode::ForceClosed,
        OverrideMode::Shadow,
    ]);
    let placed = (modes, ".{0,9}", times()).prop_map(|(mode, reason, expires)| Override {
        mode,
        reason,
        actor: "ada".to_owned(),
        expires,
    });
    prop_oneof![
        4 => reports(),
        2 => (places(), leases()).prop_map(|(index, lease)| Change::TakeLease { index, lease }),
        2 => (places(), owners()).prop_map(|(index, number)| Change::ProbeSucceeded {
            index,
            owner: owner(number),
        }),
        2 => (places(), owners()).prop_map(|(index, number)| Change::ProbeFailed {
            index,
            owner: owner(number),
        }),
        1 => (places(), owners()).prop_map(|(index, number)| Change::ReleaseLease {
            index,
            owner: owner(number),
        }),
        3 => (phases(), on_behalf).prop_map(|(to, on_behalf)| Change::Transition {
            to,
            cause: Cause::ProbeFailed,
            on_behalf,
        }),
        1 => option::of(placed).prop_map(|placed| match placed {
            Some(placed) => Change::PlaceOverride(placed),
            None => Change::WithdrawOverride {
                actor: "ada".to_owned(),
            },
        }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let views = prop_oneof![4 => Just(0), 1 => 1_usize..4];
    let step = (changes(), views, times()).prop_map(|(change, views_ago, now)| Step {
        change,
        views_ago,
        now,
    });
    vec(step, 1..25)
}

/// A record without what the table may keep for a while, and without slots in
/// which nothing was counted.
fn essence(mut record: Record) -> Record {
    let epoch = record.epoch;
    let nothing = Counts::default();
    let matters = |key: &SlotKey, counts: &mut Counts| key.epoch == epoch && *counts != nothing;
    record.evidence.0.retain(matters);
    record
}

async fn stored(store: &impl StateStore, circuit: &CircuitName) -> Record {
    essence(store.load(circuit, Consistency::Strong).await.unwrap())
}

/// Whether it was made, or the record that it met.
fn fate(answer: Result<Record, StoreError>) -> Result<(), Box<Record>> {
    match answer {
        Ok(_) => Ok(()),
        Err(StoreError::Conflict(conflict)) => Err(Box::new(essence(*conflict.current))),
        Err(error) => panic!("{error}"),
    }
}

async fn agree(table: &DynamoDbStore, circuit: &CircuitName, steps: Vec<Step>) {
    let memory = MemoryStore::new();
    let mut history = vec![Record::default()];
    for step in steps {
        let view = history.len().saturating_sub(1 + step.views_ago);
        let basis = history[view].clone();
        let Step { change, now, .. } = &step;
        let expected = memory.apply(circuit, &basis, change, *now).await;
        let found = table.apply(circuit, &basis, change, *now).await;
        assert_eq!(fate(found), fate(expected), "{step:?} on {basis:?}");
        let record = stored(&memory, circuit).await;
        assert_eq!(
            stored(table, circuit).await,
            record,
            "after {step:?} on {basis:?}"
        );
        history.push(memory.load(circuit, Consistency::Strong).await.unwrap());
    }
    assert_eq!(
        table.events(circuit, Epoch(0), 100).await,
        memory.events(circuit, Epoch(0), 100).await
    );
}

/// Every step takes several requests, so there are few histories unless
/// `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        ProptestConfig::default()
    } else {
        ProptestConfig::with_cases(32)
    }
}

#[test]
fn any_history_leaves_the_same_records_and_trails() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let table = DynamoDbStore::new(runtime.block_on(emulated_table()), TABLE);
    let histories = Cell::new(0_u32);
    proptest!(config(), |(steps in steps())| {
        histories.set(histories.get() + 1);
        let circuit = name(&format!("history-{}", histories.get()));
        runtime.block_on(agree(&table, &circuit, steps));
    });
}
