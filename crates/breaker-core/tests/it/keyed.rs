//! Many circuits by one policy.

use std::{sync::Arc, time::Duration};

use breaker_core::{
    CallError, KeyedBreakers, MemoryStore, Outcome, Policy, RejectionReason, StateStore,
    store::Consistency, time::ManualClock,
};

use crate::{
    handle::call,
    support::{START, name},
};

type Keyed = KeyedBreakers<Arc<MemoryStore>, Arc<ManualClock>>;

fn keyed() -> (Keyed, Arc<MemoryStore>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::starting_at(START));
    let store = Arc::new(MemoryStore::new());
    let (prefix, policy) = (name("orders"), Policy::default());
    let breakers =
        KeyedBreakers::with_clock(prefix, policy, Arc::clone(&store), Arc::clone(&clock));
    (breakers.unwrap(), store, clock)
}

#[tokio::test]
async fn each_key_has_a_circuit_of_its_own() {
    let (breakers, store, clock) = keyed();
    for _ in 0..5 {
        let failed = call(&breakers.get("eu-west").unwrap(), Err("down")).await;
        assert_eq!(failed, Err(CallError::Inner("down")));
        clock.advance(Duration::from_millis(300));
    }
    let refused = breakers.get("eu-west").unwrap().admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::Open);
    let other = breakers.get("us-east").unwrap();
    assert_eq!(call(&other, Ok("up")).await, Ok("up"));
    let stored = store
        .load(&name("orders/eu-west"), Consistency::Strong)
        .await;
    assert_eq!(stored.unwrap().epoch.0, 1);
}

#[tokio::test]
async fn a_key_is_given_the_same_breaker_each_time() {
    let (breakers, _, _) = keyed();
    let permit = breakers.get("a").unwrap().admit().await.unwrap();
    breakers
        .get("a")
        .unwrap()
        .record(permit, Outcome::Failure)
        .await;
    let seen_by_another_clone = breakers.get("a").unwrap().known().record;
    assert_eq!(seen_by_another_clone.evidence.0.len(), 1);
}

#[tokio::test]
async fn the_key_that_was_not_asked_for_the_longest_makes_room() {
    let (breakers, _, clock) = keyed();
    let breakers = breakers.capacity(2);
    let knows = |key: &str| {
        !breakers
            .get(key)
            .unwrap()
            .known()
            .record
            .evidence
            .0
            .is_empty()
    };
    for key in ["a", "b"] {
        let _ = call(&breakers.get(key).unwrap(), Err("down")).await;
        clock.advance(Duration::from_secs(1));
    }
    assert!(knows("a"), "asked for, and so newer than b");
    clock.advance(Duration::from_secs(1));
    breakers.get("c").unwrap();
    assert!(knows("a"));
    clock.advance(Duration::from_secs(1));
    assert!(!knows("b"), "made anew");
}

#[tokio::test]
async fn a_key_that_made_room_knows_again_what_it_had_reported() {
    let (breakers, _, clock) = keyed();
    let breakers = breakers.capacity(1);
    for _ in 0..5 {
        let _ = call(&breakers.get("a").unwrap(), Err("down")).await;
        clock.advance(Duration::from_millis(300));
        breakers.get("b").unwrap();
    }
    let refused = breakers.get("a").unwrap().admit().await.unwrap_err();
    assert_eq!(refused.reason, RejectionReason::Open);
}

#[test]
fn a_key_that_no_circuit_can_be_named_by_is_refused() {
    let (breakers, _, _) = keyed();
    for key in ["eu west", "ü", "a\n", &"x".repeat(94)] {
        assert!(breakers.get(key).is_err(), "{key:?}");
    }
    assert!(breakers.get(&"x".repeat(93)).is_ok());
}

#[test]
fn a_policy_that_makes_no_sense_is_refused_at_once() {
    let policy = Policy {
        max_probes: 0,
        ..Policy::default()
    };
    assert!(KeyedBreakers::new(name("orders"), policy, MemoryStore::new()).is_err());
}
