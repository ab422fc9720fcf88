//! One suite for every store: it must do exactly what `Record::apply` says.

use std::{future::Future, time::Duration};

use breaker_core::{
    Cause, Change, CircuitName, Epoch, MemoryStore, Override, OverrideMode, Policy, Record, State,
    StateStore, StoreError,
    protocol::{Decision, Lease, LeaseOwner, OnBehalf, Phase, SlotKey},
    store::Reading,
};

use crate::support::{START, draw, failures, name, tally};

/// Runs every clause of the contract against a store, each on its own circuit.
pub(crate) async fn holds_for(store: &impl StateStore) {
    an_unknown_circuit_is_closed_at_epoch_zero(store, &name("unknown")).await;
    counts_add_up(store, &name("counts")).await;
    stale_counts_are_dropped_on_request(store, &name("stale-counts")).await;
    what_is_reported_just_now_is_not_stale(store, &name("fresh-counts")).await;
    a_report_of_a_long_silence_fits_into_one_write(store, &name("silence")).await;
    a_change_of_an_older_epoch_has_no_effect(store, &name("fenced")).await;
    exactly_one_of_two_transitions_wins(store, &name("race")).await;
    a_place_is_leased_once_until_it_expires(store, &name("leases")).await;
    only_the_owner_of_a_lease_can_use_it(store, &name("owners")).await;
    a_lease_that_was_lost_or_is_over_decides_nothing(store, &name("lost-leases")).await;
    an_older_view_of_the_same_epoch_is_good_enough(store, &name("older-views")).await;
    a_full_circle_ends_closed_with_its_trail(store, &name("circle")).await;
    an_order_stands_until_it_is_withdrawn(store, &name("orders/eu-west")).await;
    events_are_told_from_an_epoch_on_and_in_pages(store, &name("pages")).await;
}

/// A circuit that has just become half open; its first place is leased.
async fn half_open(store: &impl StateStore, circuit: &CircuitName, owner: u128) -> Record {
    let fresh = Record::default();
    let opened = apply(store, circuit, &fresh, &open()).await.unwrap();
    let later = START + Duration::from_secs(5);
    let Decision::Probe(plan) = opened.decide(&Policy::default(), later, draw(owner)) else {
        panic!("the open time is over, so a call becomes a probe");
    };
    store
        .apply(circuit, &opened, &plan.change, later)
        .await
        .unwrap()
}

fn open() -> Change {
    Change::Transition {
        to: Phase::Open {
            since: START,
            until: START + Duration::from_secs(5),
            reopens: 0,
        },
        cause: Cause::ConsecutiveFailures { failures: 5 },
        on_behalf: OnBehalf::Fleet,
    }
}

fn apply<'a>(
    store: &'a impl StateStore,
    circuit: &'a CircuitName,
    basis: &'a Record,
    change: &'a Change,
) -> impl Future<Output = Result<Record, StoreError>> + 'a {
    store.apply(circuit, basis, change, START)
}

fn conflict(result: Result<Record, StoreError>) -> Record {
    match result {
        Err(StoreError::Conflict(conflict)) => *conflict.current,
        other => panic!("a conflict was expected, not {other:?}"),
    }
}

async fn an_unknown_circuit_is_closed_at_epoch_zero(
    store: &impl StateStore,
    circuit: &CircuitName,
) {
    for reading in [Reading::Eventual, Reading::Latest] {
        assert_eq!(store.load(circuit, reading).await, Ok(Record::default()));
    }
    assert_eq!(store.events(circuit, Epoch(0), 10).await, Ok(Vec::new()));
}

async fn counts_add_up(store: &impl StateStore, circuit: &CircuitName) {
    let fresh = Record::default();
    let counted = |calls, failures| Change::Count {
        tally: tally(START, calls, failures),
        stale: Vec::new(),
    };
    apply(store, circuit, &fresh, &counted(10, 0))
        .await
        .unwrap();
    let record = apply(store, circuit, &fresh, &counted(3, 2)).await.unwrap();
    let total = record
        .evidence
        .total(record.epoch, &Policy::default(), START);
    assert_eq!((total.calls, total.failures), (13, 2));
    assert_eq!(store.load(circuit, Reading::Latest).await, Ok(record));
}

async fn stale_counts_are_dropped_on_request(store: &impl StateStore, circuit: &CircuitName) {
    let fresh = Record::default();
    let before = apply(store, circuit, &fresh, &failures(START, 2))
        .await
        .unwrap();
    let stale: Vec<SlotKey> = before.evidence.0.keys().copied().collect();
    let later = START + Duration::from_mins(1);
    let change = Change::Count {
        tally: tally(later, 1, 0),
        stale,
    };
    let after = apply(store, circuit, &before, &change).await.unwrap();
    assert_eq!(after.evidence.0.len(), 1);
    assert_eq!(
        after
            .evidence
            .total(after.epoch, &Policy::default(), later)
            .failures,
        0
    );
}

async fn what_is_reported_just_now_is_not_stale(store: &impl StateStore, circuit: &CircuitName) {
    let before = apply(store, circuit, &Record::default(), &failures(START, 2))
        .await
        .unwrap();
    let stale: Vec<SlotKey> = before.evidence.0.keys().copied().collect();
    let change = Change::Count {
        tally: tally(START, 3, 0),
        stale,
    };
    let after = apply(store, circuit, &before, &change).await.unwrap();
    let total = after.evidence.total(after.epoch, &Policy::default(), START);
    assert_eq!((total.calls, total.failures), (5, 2));
}

async fn a_report_of_a_long_silence_fits_into_one_write(
    store: &impl StateStore,
    circuit: &CircuitName,
) {
    let policy = Policy::default();
    let mut record = Record::default();
    let mut now = START;
    for _ in 0..150 {
        let change = Change::Count {
            tally: tally(now, 1_000, 1_000),
            stale: Vec::new(),
        };
        record = apply(store, circuit, &record, &change).await.unwrap();
        now = now + policy.slot;
    }
    let mut all = tally(now, 1, 1);
    for _ in 0..policy.window_slots {
        now = now + policy.slot;
        all.extend(tally(now, 1_000, 1_000));
    }
    let stale = record.evidence.stale_keys(record.epoch, &policy, now);
    assert!(stale.len() >= 150);
    let change = Change::Count { tally: all, stale };
    let after = apply(store, circuit, &record, &change).await.unwrap();
    assert!(after.evidence.0.len() < record.evidence.0.len());
}

async fn a_change_of_an_older_epoch_has_no_effect(store: &impl StateStore, circuit: &CircuitName) {
    let fresh = Record::default();
    let opened = apply(store, circuit, &fresh, &open()).await.unwrap();
    let late = [
        failures(START, 1),
        open(),
        Change::Order {
            order: None,
            actor: "x".to_owned(),
        },
    ];
    for change in late {
        assert_eq!(
            conflict(apply(store, circuit, &fresh, &change).await),
            opened
        );
    }
    assert_eq!(store.load(circuit, Reading::Latest).await, Ok(opened));
}

async fn exactly_one_of_two_transitions_wins(store: &impl StateStore, circuit: &CircuitName) {
    let fresh = Record::default();
    let change = open();
    let (one, other) = tokio::join!(
        apply(store, circuit, &fresh, &change),
        apply(store, circuit, &fresh, &change)
    );
    assert_eq!(
        [one, other].iter().filter(|result| result.is_ok()).count(),
        1
    );
    let events = store.events(circuit, Epoch(0), 10).await.unwrap();
    assert_eq!(events.len(), 1);
}

async fn a_place_is_leased_once_until_it_expires(store: &impl StateStore, circuit: &CircuitName) {
    let record = half_open(store, circuit, 1).await;
    let expires = START + Duration::from_secs(20);
    let take = |slot, owner| Change::TakeLease {
        slot,
        lease: Lease {
            owner: LeaseOwner(owner),
            expires,
        },
    };
    let record = apply(store, circuit, &record, &take(1, 2)).await.unwrap();
    conflict(apply(store, circuit, &record, &take(1, 3)).await);
    let taken_over = store
        .apply(circuit, &record, &take(1, 3), expires)
        .await
        .unwrap();
    assert!(taken_over.has_leased(1, LeaseOwner(3)));
}

async fn only_the_owner_of_a_lease_can_use_it(store: &impl StateStore, circuit: &CircuitName) {
    let record = half_open(store, circuit, u128::MAX).await;
    let (slot, owner, stranger) = (0, LeaseOwner(u128::MAX), LeaseOwner(2));
    let reopen = |owner| record.reopen(slot, owner, &Policy::default(), START, draw(0));
    for change in [
        Change::ProbeSucceeded {
            slot,
            owner: stranger,
        },
        Change::ReleaseLease {
            slot,
            owner: stranger,
        },
        reopen(stranger),
    ] {
        assert_eq!(
            conflict(apply(store, circuit, &record, &change).await),
            record
        );
    }
    let change = Change::ProbeSucceeded { slot, owner };
    let after = apply(store, circuit, &record, &change).await.unwrap();
    assert!(
        matches!(&after.phase, Phase::HalfOpen { successes: 1, leases, .. } if leases.is_empty())
    );
    // The place is given back, so the same success cannot count twice.
    conflict(apply(store, circuit, &after, &change).await);
}

async fn a_lease_that_was_lost_or_is_over_decides_nothing(
    store: &impl StateStore,
    circuit: &CircuitName,
) {
    let policy = Policy::default();
    let record = half_open(store, circuit, 1).await;
    let (slot, owner) = (0, LeaseOwner(1));
    let over = START + Duration::from_secs(5) + policy.lease_for;
    let reopen = record.reopen(slot, owner, &policy, over, draw(0));
    for change in [&reopen, &Change::ProbeSucceeded { slot, owner }] {
        assert_eq!(
            conflict(store.apply(circuit, &record, change, over).await),
            record
        );
    }
    let heir = Lease {
        owner: LeaseOwner(2),
        expires: over + policy.lease_for,
    };
    let taken = Change::TakeLease { slot, lease: heir };
    let taken = store.apply(circuit, &record, &taken, over).await.unwrap();
    // The first owner still believes in its lease and decides on its old view.
    assert_eq!(
        conflict(store.apply(circuit, &record, &reopen, over).await),
        taken
    );
}

async fn an_older_view_of_the_same_epoch_is_good_enough(
    store: &impl StateStore,
    circuit: &CircuitName,
) {
    let policy = Policy::default();
    let first = half_open(store, circuit, 1).await;
    let lease = Lease {
        owner: LeaseOwner(2),
        expires: START + Duration::from_mins(1),
    };
    let both = apply(
        store,
        circuit,
        &first,
        &Change::TakeLease { slot: 1, lease },
    )
    .await
    .unwrap();
    // The second probe fails while its process remembers only the first.
    let reopen = first.reopen(1, LeaseOwner(2), &policy, START, draw(0));
    let reopened = apply(store, circuit, &first, &reopen).await.unwrap();
    assert_eq!(reopened.epoch, both.epoch.next());
}

async fn a_full_circle_ends_closed_with_its_trail(store: &impl StateStore, circuit: &CircuitName) {
    let policy = Policy {
        successes_to_close: 1,
        ..Policy::default()
    };
    let record = half_open(store, circuit, 7).await;
    let change = Change::ProbeSucceeded {
        slot: 0,
        owner: LeaseOwner(7),
    };
    let record = apply(store, circuit, &record, &change).await.unwrap();
    let change = record.due(&policy, START, draw(0)).unwrap();
    let closed = apply(store, circuit, &record, &change).await.unwrap();
    assert_eq!(closed.state(START), State::Closed);
    assert_eq!(closed.epoch, Epoch(3));
    assert_eq!(store.load(circuit, Reading::Latest).await, Ok(closed));
    let trail: Vec<(State, State)> = store
        .events(circuit, Epoch(0), 10)
        .await
        .unwrap()
        .into_iter()
        .map(|event| (event.from, event.to))
        .collect();
    assert_eq!(
        trail,
        [
            (State::Closed, State::Open),
            (State::Open, State::HalfOpen),
            (State::HalfOpen, State::Closed),
        ],
    );
}

async fn an_order_stands_until_it_is_withdrawn(store: &impl StateStore, circuit: &CircuitName) {
    let order = Override {
        mode: OverrideMode::ForceOpen,
        reason: "database upgrade".to_owned(),
        actor: "ada".to_owned(),
        expires: START + Duration::from_mins(1),
    };
    let give = Change::Order {
        order: Some(order.clone()),
        actor: order.actor.clone(),
    };
    let record = apply(store, circuit, &Record::default(), &give)
        .await
        .unwrap();
    assert_eq!(record.effective_state(START), State::ForcedOpen);
    let counted = apply(store, circuit, &record, &failures(START, 1))
        .await
        .unwrap();
    assert_eq!(counted.standing_override, Some(order));
    let withdraw = Change::Order {
        order: None,
        actor: "bob".to_owned(),
    };
    let record = apply(store, circuit, &counted, &withdraw).await.unwrap();
    assert_eq!(record.effective_state(START), State::Closed);
    let events = store.events(circuit, Epoch(0), 10).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.actor.as_str(), event.from, event.to))
        .collect();
    assert_eq!(
        told,
        [
            ("ada", State::Closed, State::ForcedOpen),
            ("bob", State::ForcedOpen, State::Closed)
        ],
    );
}

async fn events_are_told_from_an_epoch_on_and_in_pages(
    store: &impl StateStore,
    circuit: &CircuitName,
) {
    let mut record = Record::default();
    for _ in 0..12 {
        record = apply(store, circuit, &record, &open()).await.unwrap();
    }
    let epochs = |events: Vec<breaker_core::TransitionEvent>| -> Vec<u64> {
        events.into_iter().map(|event| event.epoch.0).collect()
    };
    let first = store.events(circuit, Epoch(0), 10).await.unwrap();
    assert_eq!(epochs(first), (1..=10).collect::<Vec<_>>());
    let rest = store.events(circuit, Epoch(10), 10).await.unwrap();
    assert_eq!(epochs(rest), [11, 12]);
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    holds_for(&MemoryStore::new()).await;
}
