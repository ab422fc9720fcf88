//! What a model checker needs: copies of a process, and a way to tell whether
//! two of them are alike.
//!
//! A permit and an errand can be copied as well when the feature `model` is on.
//! Nothing that makes real calls may do that: each stands for one call.

use std::{
    hash::{Hash, Hasher},
    time::Duration,
};

use super::{Entropy, Gate, Member, State};
use crate::{
    policy::{Policy, PolicyError},
    protocol::Epoch,
};

impl Member {
    /// A process whose every call is decided about under the lock. The gate
    /// and the counters are loom's to check; without them all there is to a
    /// process is its state.
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
    /// which is `entropy`, and that has [no gate](Member::without_gate).
    #[must_use]
    pub fn fork(&self, entropy: impl Entropy + 'static) -> Self {
        let fork = Self {
            gate: Gate::shut_from_the_start(Duration::ZERO),
            ..Self::with_checked(self.policy.clone(), Box::new(entropy), 0)
        };
        {
            let (state, mut copy) = (self.state(), fork.state());
            copy.news = state.news.clone();
            copy.unreported = state.unreported.clone();
            copy.guard = state.guard.clone();
            copy.events.clone_from(&state.events);
        }
        fork
    }

    /// The epoch of what the store said last.
    pub fn known_epoch(&self) -> Epoch {
        self.state().news.record().epoch
    }
}

/// Everything but the policy, the randomness and what observers have not
/// heard yet: two processes with the same hash act alike.
impl Hash for Member {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let state = self.state();
        let State {
            entropy: _,
            counters: _,
            news,
            unreported,
            guard,
            events: _,
        } = &*state;
        (news, unreported, guard).hash(hasher);
    }
}
