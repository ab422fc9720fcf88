//! One process's side of a circuit, without I/O.
//!
//! A [`Member`] of a fleet knows what the store said last, what it has counted
//! itself, and what its own calls tell. It decides, and where that takes the
//! store it hands out an [`Errand`]: an operation to be performed by whoever
//! drives it, whose answer is given back.
//!
//! ```text
//!   begin ──▶ Admitted(permit) ── the call ──▶ end ──▶ Done
//!     │           └ may carry an errand to run beside the call
//!     ├─────▶ Rejected                          │
//!     └─────▶ Ask(errand) ──▶ answer ──▶ …      └──▶ Ask(errand) ──▶ answer ──▶ …
//! ```
//!
//! [`Breaker`](crate::Breaker) drives it with a clock, a store and async; the
//! simulator and the model checker drive the very same code with theirs. A
//! permit or an errand that is dropped, because its future was cancelled or
//! its process died, leaves nothing behind that does not end by itself.

mod admission;
mod answer;
mod contact;
mod entropy;
mod errand;
mod guard;
#[cfg(feature = "model")]
mod model;
mod news;
mod permit;
mod settlement;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use entropy::{Entropy, OsEntropy, Seeded};
pub use errand::{Errand, Operation};
pub use permit::{Outcome, Permit};

use self::{contact::Unreported, guard::Guard, news::News};
use crate::{
    observe::Event,
    policy::{Policy, PolicyError},
    protocol::{self, Record, Rejection},
    store::StoreError,
    time::Timestamp,
};

/// What is to happen next.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// The call passes.
    Admitted(Permit),
    /// The call does not pass.
    Rejected(Rejection),
    /// The store must be asked first; give the answer to [`Member::answer`].
    Ask(Errand),
    /// Nothing more.
    Done,
}

/// One process's side of one circuit.
#[derive(Debug)]
pub struct Member {
    policy: Policy,
    state: Mutex<State>,
}

/// What a process knows and has to tell.
#[derive(Debug)]
struct State {
    entropy: Box<dyn Entropy>,
    /// What the store said.
    news: News,
    /// What the fleet does not know yet.
    unreported: Unreported,
    /// What this process's own calls tell about itself.
    guard: Guard,
    /// What observers are to hear of.
    events: Vec<Event>,
}

impl Member {
    /// A process that knows nothing yet.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn new(policy: Policy, entropy: impl Entropy + 'static) -> Result<Self, PolicyError> {
        policy.check()?;
        Ok(Self::with_checked(policy, Box::new(entropy)))
    }

    /// A process by a policy that is known to make sense.
    pub(crate) fn with_checked(policy: Policy, entropy: Box<dyn Entropy>) -> Self {
        let state = State {
            entropy,
            news: News::default(),
            unreported: Unreported::default(),
            guard: Guard::default(),
            events: Vec::new(),
        };
        Self {
            policy,
            state: Mutex::new(state),
        }
    }

    /// The circuit's rules.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the store said last.
    pub fn known(&self) -> Record {
        Record::clone(self.state().news.record())
    }

    /// The state that calls meet, as far as this process knows.
    pub fn effective_state(&self, now: Timestamp) -> protocol::State {
        self.state().news.record().effective_state(now)
    }

    /// A call arrives. Never gives [`Step::Done`].
    pub fn begin(&self, now: Timestamp) -> Step {
        self.state().begin(&self.policy, now)
    }

    /// A call has ended; gives [`Step::Ask`] or [`Step::Done`].
    ///
    /// An errand is best run before the response is given: a process may be
    /// frozen right after it.
    pub fn end(&self, permit: Permit, outcome: Outcome, now: Timestamp) -> Step {
        self.state().end(permit, outcome, &self.policy, now)
    }

    /// The store has answered.
    ///
    /// An answer that does not come within [`Policy::store_timeout`] is
    /// [`StoreError::NoAnswer`].
    pub fn answer(
        &self,
        errand: Errand,
        answer: Result<Record, StoreError>,
        now: Timestamp,
    ) -> Step {
        self.state().answer(errand, answer, &self.policy, now)
    }

    /// Another call has asked the store while the errand waited for its turn:
    /// decides anew whether it is still needed.
    pub fn reconsider(&self, errand: Errand, now: Timestamp) -> Step {
        self.state().reconsider(errand, &self.policy, now)
    }

    /// Goes on without asking: there is no time for the errand.
    pub fn decline(&self, errand: Errand, now: Timestamp) -> Step {
        self.state().decline(errand, &self.policy, now)
    }

    /// Takes over a record that was read or written on another occasion.
    pub fn hear(&self, record: Record, now: Timestamp) {
        self.state().learn(record, now);
    }

    /// What has happened since the last time, for observers.
    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.state().events)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave the state inconsistent: what can
        // panic in here is arithmetic that saturates.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
