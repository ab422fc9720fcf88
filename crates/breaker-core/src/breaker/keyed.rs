//! Many circuits by one policy: one for each region, tenant or shard.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Breaker, BreakerBuilder};
use crate::{
    policy::{Policy, PolicyError},
    store::{CircuitName, CircuitNameError, StateStore},
    time::{Clock, SystemClock, Timestamp},
};

/// How many circuits a process keeps in mind unless told otherwise.
const CAPACITY: usize = 1_000;

/// Breakers for the circuits `prefix/key`, made when they are first asked for.
///
/// At most so many are kept; the one that was not asked for the longest makes
/// room. What is lost with it is only what it had not reported yet.
#[derive(Debug)]
pub struct KeyedBreakers<S, C = SystemClock> {
    prefix: CircuitName,
    policy: Policy,
    store: Arc<S>,
    clock: Arc<C>,
    capacity: usize,
    kept: Mutex<HashMap<CircuitName, Kept<S, C>>>,
}

#[derive(Debug)]
struct Kept<S, C> {
    breaker: Breaker<Arc<S>, Arc<C>>,
    used: Timestamp,
}

impl<S: StateStore> KeyedBreakers<S> {
    /// Breakers by the operating system's clock.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn new(prefix: CircuitName, policy: Policy, store: S) -> Result<Self, PolicyError> {
        Self::with_clock(prefix, policy, store, SystemClock)
    }
}

impl<S: StateStore, C: Clock> KeyedBreakers<S, C> {
    /// Breakers by another clock.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn with_clock(
        prefix: CircuitName,
        policy: Policy,
        store: S,
        clock: C,
    ) -> Result<Self, PolicyError> {
        policy.check()?;
        Ok(Self {
            prefix,
            policy,
            store: Arc::new(store),
            clock: Arc::new(clock),
            capacity: CAPACITY,
            kept: Mutex::default(),
        })
    }

    /// Keeps so many circuits in mind, at least one; 1,000 unless told.
    #[must_use]
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity.max(1);
        self
    }

    /// The breaker of the circuit `prefix/key`.
    ///
    /// # Errors
    ///
    /// If `prefix/key` is no name for a circuit.
    pub fn get(&self, key: &str) -> Result<Breaker<Arc<S>, Arc<C>>, CircuitNameError> {
        let circuit: CircuitName = format!("{}/{key}", self.prefix).parse()?;
        let now = self.clock.now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get_mut(&circuit) {
            found.used = now;
            return Ok(found.breaker.clone());
        }
        if kept.len() >= self.capacity {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.used);
            if let Some(circuit) = oldest.map(|(circuit, _)| circuit.clone()) {
                kept.remove(&circuit);
            }
        }
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let breaker = BreakerBuilder::new(circuit.clone(), self.policy.clone(), store)
            .clock(clock)
            .build_checked();
        let used = now;
        kept.insert(
            circuit,
            Kept {
                breaker: breaker.clone(),
                used,
            },
        );
        Ok(breaker)
    }
}
