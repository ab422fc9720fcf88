//! What a model checker needs: copies of a process, and a way to tell whether
//! two of them are alike.
//!
//! Permits and requests can be copied as well when the feature `model` is on.
//! Nothing that makes real calls may do that: each stands for one call.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{Entropy, Gate, Locked, Member, State};
use crate::policy::{Policy, PolicyError};

impl Member {
    /// A process whose every call is decided about under the lock: what the
    /// gate and the counters would hold is all in its state, so there is less
    /// to tell apart. Races for them are loom's to check.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn without_gate(
        policy: Policy,
        entropy: impl Entropy + 'static,
    ) -> Result<Self, PolicyError> {
        Ok(Self {
            gate: Gate::shut_from_the_start(Duration::ZERO),
            ..Self::new(policy, entropy)?
        })
    }

    /// Another process that is exactly like this one but for its randomness,
    /// which is `entropy`.
    #[must_use]
    pub fn fork(&self, entropy: impl Entropy + 'static) -> Self {
        let locked = self.lock();
        let state = &locked.state;
        // Where no call passes the gate, nothing is ever counted beside it.
        let counters = if self.gate.never_opens() {
            Arc::clone(&self.counters)
        } else {
            Arc::new(self.counters.fork())
        };
        Self {
            policy: self.policy.clone(),
            gate: self.gate.fork(),
            slow_after_ms: self.slow_after_ms,
            counters: Arc::clone(&counters),
            // A model checker's calls do not say that they are under way.
            in_flight: Arc::clone(&self.in_flight),
            locked: Mutex::new(Locked {
                state: State {
                    view: state.view.clone(),
                    backoff: state.backoff.clone(),
                    unreported: state.unreported.clone(),
                    local: state.local.clone(),
                    counters,
                    in_flight: Arc::clone(&self.in_flight),
                    overdue: state.overdue.clone(),
                },
                entropy: Box::new(entropy),
                events: locked.events.clone(),
            }),
            has_events: AtomicBool::new(self.has_events.load(Ordering::Relaxed)),
        }
    }
}

/// Two processes with the same hash act alike, if they have the same policy
/// and draw the same numbers. What observers have not heard yet is left out.
impl Hash for Member {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            policy: _,
            gate,
            slow_after_ms: _,
            counters,
            in_flight: _,
            locked: _,
            has_events: _,
        } = self;
        let locked = self.lock();
        let State {
            view,
            backoff,
            unreported,
            local,
            counters: _,
            in_flight: _,
            overdue: _,
        } = &locked.state;
        (view, backoff, unreported, local).hash(hasher);
        if !gate.never_opens() {
            (gate, counters).hash(hasher);
        }
    }
}
