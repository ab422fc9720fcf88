//! What a model checker needs: copies of a process, and a way to tell whether
//! two of them are alike.
//!
//! A permit and an errand can be copied as well when the feature `model` is on.
//! Nothing that makes real calls may do that: each stands for one call.

use std::{
    hash::{Hash, Hasher},
    sync::Mutex,
};

use super::{Entropy, Member, State};
use crate::protocol::Epoch;

impl Member {
    /// Another process that is exactly like this one but for its randomness,
    /// which is `entropy`.
    #[must_use]
    pub fn fork(&self, entropy: impl Entropy + 'static) -> Self {
        let state = self.state();
        Self {
            policy: self.policy.clone(),
            state: Mutex::new(State {
                entropy: Box::new(entropy),
                news: state.news.clone(),
                unreported: state.unreported.clone(),
                guard: state.guard.clone(),
                events: state.events.clone(),
            }),
        }
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
            news,
            unreported,
            guard,
            events: _,
        } = &*state;
        (news, unreported, guard).hash(hasher);
    }
}
