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
//!
//! # The hot path
//!
//! A call of a healthy circuit passes the *gate*, one word that says
//! until when nothing has to be decided, and its success is added to the
//! *counters*. It takes no lock, allocates nothing and asks
//! nobody. Whatever else there is to do shuts the gate.

mod admission;
mod answer;
mod contact;
mod counters;
mod entropy;
mod errand;
mod gate;
mod guard;
mod indexes;
#[cfg(feature = "model")]
mod model;
mod news;
mod permit;
mod settlement;
mod slot_length;
mod sync;
mod thread_index;

#[cfg(test)]
mod hot_path;
#[cfg(test)]
mod races;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

pub use entropy::{Entropy, OsEntropy, Seeded};
pub use errand::{Errand, Operation};
pub use permit::{Outcome, Permit};

use self::{
    contact::Unreported,
    counters::{Counters, Drained},
    gate::Gate,
    guard::Guard,
    news::News,
    permit::Kind,
    slot_length::SlotLength,
};
use crate::{
    observe::Event,
    policy::{Policy, PolicyError},
    protocol::{self, Phase, Record, Rejection, Slot},
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
    gate: Gate,
    slots: SlotLength,
    /// [`Policy::slow_call_after`], in the unit in which it is cheap to compare.
    slow_after_ms: u64,
    counters: Arc<Counters>,
    state: Mutex<State>,
    /// Whether there is anything for observers.
    has_events: AtomicBool,
}

/// What a process knows and has to tell.
#[derive(Debug)]
struct State {
    entropy: Box<dyn Entropy>,
    /// What the store said.
    news: News,
    /// What passed the gate and was not collected yet.
    counters: Arc<Counters>,
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
        Self::for_threads(policy, entropy, 0)
    }

    /// A process that knows nothing yet; so many of its threads can count calls
    /// without waiting for one another.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn for_threads(
        policy: Policy,
        entropy: impl Entropy + 'static,
        threads: usize,
    ) -> Result<Self, PolicyError> {
        policy.check()?;
        Ok(Self::with_checked(policy, Box::new(entropy), threads))
    }

    /// As [`Member::for_threads`], by a policy that is known to make sense.
    pub(crate) fn with_checked(
        policy: Policy,
        mut entropy: Box<dyn Entropy>,
        threads: usize,
    ) -> Self {
        let counters = Arc::new(Counters::new(threads, entropy.uniform().to_bits()));
        let state = State {
            entropy,
            news: News::default(),
            counters: Arc::clone(&counters),
            unreported: Unreported::default(),
            guard: Guard::default(),
            events: Vec::new(),
        };
        Self {
            slots: SlotLength::from_ms(Slot::length_ms(&policy)),
            slow_after_ms: u64::try_from(policy.slow_call_after.as_millis()).unwrap_or(u64::MAX),
            gate: Gate::shut_from_the_start(policy.longest_quiet()),
            policy,
            counters,
            state: Mutex::new(state),
            has_events: AtomicBool::new(false),
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
    #[inline]
    pub fn begin(&self, now: Timestamp) -> Step {
        match self.gate.passes(now) {
            Some(epoch) => Step::Admitted(Permit::plain(epoch, now)),
            None => self.with(now, |state, policy| state.begin(policy, now)),
        }
    }

    /// A call has ended; gives [`Step::Ask`] or [`Step::Done`].
    ///
    /// An errand is best run before the response is given: a process may be
    /// frozen right after it.
    #[inline]
    pub fn end(&self, permit: Permit, outcome: Outcome, now: Timestamp) -> Step {
        if let Kind::Plain(epoch) = permit.kind
            && outcome == Outcome::Success
            && now
                .as_unix_ms()
                .saturating_sub(permit.admitted.as_unix_ms())
                < self.slow_after_ms
            && self.gate.passes(now) == Some(epoch)
        {
            self.counters
                .count(epoch, self.slots.slot(now), self.gate.sample());
            return Step::Done;
        }
        self.with(now, |state, policy| state.end(permit, outcome, policy, now))
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
        self.with(now, |state, policy| {
            state.answer(errand, answer, policy, now)
        })
    }

    /// Another call has asked the store while the errand waited for its turn:
    /// decides anew whether it is still needed.
    pub fn reconsider(&self, errand: Errand, now: Timestamp) -> Step {
        self.with(now, |state, policy| state.reconsider(errand, policy, now))
    }

    /// Goes on without asking: there is no time for the errand.
    pub fn decline(&self, errand: Errand, now: Timestamp) -> Step {
        self.with(now, |state, policy| state.decline(errand, policy, now))
    }

    /// Takes over a record that was read or written on another occasion.
    pub fn hear(&self, record: Record, now: Timestamp) {
        self.with(now, |state, policy| state.learn(record, policy, now));
    }

    /// Takes what has happened since the last time, for observers.
    pub fn take_events(&self) -> Vec<Event> {
        // A healthy call has nothing to tell and must not wait for this.
        if !self.has_events.load(Ordering::Relaxed) {
            return Vec::new();
        }
        self.has_events.store(false, Ordering::Relaxed);
        std::mem::take(&mut self.state().events)
    }

    /// Everything that is not plain: changes the state and says anew what is.
    #[inline(never)]
    fn with<T>(&self, now: Timestamp, change: impl FnOnce(&mut State, &Policy) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state, &self.policy);
        match state.quiet_until(&self.policy, now) {
            Some(until) => {
                self.gate
                    .set_sample(threshold(state.sampled_share(&self.policy, now)));
                self.gate.publish(until, state.news.record().epoch);
            }
            None => self.gate.shut(state.news.record().epoch),
        }
        if !state.events.is_empty() {
            self.has_events.store(true, Ordering::Relaxed);
        }
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave the state inconsistent: what can
        // panic in here is arithmetic that saturates.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Until when calls pass and succeed without anything to decide or tell.
    fn quiet_until(&self, policy: &Policy, now: Timestamp) -> Option<Timestamp> {
        let record = self.news.record();
        let plain = matches!(record.phase, Phase::Closed { .. })
            && record.active_override(now).is_none()
            && record.ramp(policy, now) >= 1.0
            && self.guard.is_quiet()
            && !self.news.is_in_trouble()
            && !self.news.is_suspicious()
            && !self.unreported.tells_of_trouble();
        if plain {
            self.news.fresh_until(policy, now)
        } else {
            None
        }
    }

    /// Collects what passed the gate.
    fn collect(&mut self, policy: &Policy, now: Timestamp) {
        let epoch = self.news.record().epoch;
        let Drained { arrivals, sampled } = self.counters.drain(epoch, Slot::at(now, policy));
        self.unreported.collect(arrivals, sampled);
    }
}

/// The part of all 64-bit numbers that `share` is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share from 0 to 1; casts saturate, and the last bits do not matter"
)]
fn threshold(share: f64) -> u64 {
    (share * u64::MAX as f64) as u64
}
