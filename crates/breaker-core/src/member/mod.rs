//! One process's side of a circuit, without I/O.
//!
//! A [`Member`] of a fleet knows what the store showed last, what it has counted
//! itself, and what its own calls say. It decides, and where that takes the
//! store it hands out a request: an operation for its driver to perform, whose
//! answer is given back. It is three machines around what it knows, each with
//! requests of its own:
//!
//! ```text
//! a call     begin ──▶ Admitted(permit) │ Rejected │ Pending(request) ── answer_admission ──▶ …
//! its end    end ────▶ nothing │ request ── answer_report ──▶ …
//! operators  place_override, withdraw_override ──▶ request ── answer_override ──▶ …
//! ```
//!
//! [`Breaker`](crate::Breaker) drives it with a clock, a store and async; the
//! simulator and the model checker drive the very same code with theirs. A
//! permit or a request that is dropped, because its future was cancelled or
//! its process died, leaves nothing behind that does not end by itself.
//!
//! # The hot path
//!
//! A call of a healthy circuit passes the *gate*, one word that says
//! until when nothing has to be decided, and its success is added to the
//! *counters*. It takes no lock, allocates nothing and asks for nothing.
//! Whatever else there is to do shuts the gate.
//!
//! # Everything else
//!
//! The other modules lie in layers, each of which uses those before it alone:
//!
//! 1. `view`, `backoff`, `unreported`, `local_breaker`: what is known, in parts.
//! 2. `state`: the parts together, and what they learn from the store.
//! 3. `contact`, `commit`: requests that may be lost, and requests that must not.
//! 4. `probe`, `decide`: what becomes of a call.
//! 5. `admission`, `reporting`, `overrides`: the three machines.

mod admission;
mod backoff;
mod commit;
mod contact;
mod context;
mod counters;
mod decide;
mod entropy;
mod gate;
mod in_flight;
mod indexes;
mod local_breaker;
#[cfg(feature = "model")]
mod model;
mod operation;
mod overrides;
mod permit;
mod plausible;
mod probe;
mod reporting;
mod request;
mod state;
mod striped;
mod sync;
mod thread_index;
mod unreported;
mod view;

#[cfg(test)]
mod clocks;
#[cfg(test)]
mod hanging;
#[cfg(test)]
mod hot_path;
#[cfg(test)]
mod races;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod steps;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

#[cfg(feature = "os")]
pub use entropy::OsEntropy;
pub use entropy::{Entropy, Seeded};
pub use operation::Operation;
pub use overrides::{OverrideRequest, OverrideStep};
pub use permit::{Admission, InFlightPermit, Permit};
pub use request::{AdmissionRequest, ReportRequest};

use self::{
    context::Context,
    counters::Counters,
    gate::Gate,
    in_flight::InFlight,
    permit::Kind,
    plausible::{bounded, plausible},
    state::State,
};
use crate::{
    observe::Event,
    outcome::Outcome,
    policy::{Policy, PolicyError},
    protocol::{self, Change, Epoch, Override, Record},
    store::StoreError,
    time::{Moment, Now, Timestamp},
};

/// One process's side of one circuit.
#[derive(Debug)]
pub struct Member {
    policy: Policy,
    gate: Gate,
    /// [`Policy::slow_call_after`], in the unit in which it is cheap to compare.
    slow_after_ms: u64,
    counters: Arc<Counters>,
    in_flight: Arc<InFlight>,
    locked: Mutex<Locked>,
    /// Whether there is anything for observers.
    has_events: AtomicBool,
}

/// What only one step at a time works on.
#[derive(Debug)]
struct Locked {
    state: State,
    entropy: Box<dyn Entropy>,
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

    /// A process that knows nothing yet; `threads` of its threads can count
    /// calls without waiting for one another.
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
    pub(crate) fn with_checked(policy: Policy, entropy: Box<dyn Entropy>, threads: usize) -> Self {
        let counters = Arc::new(Counters::new(threads));
        let in_flight = Arc::new(InFlight::new(threads));
        let locked = Locked {
            state: State::new(Arc::clone(&counters), Arc::clone(&in_flight)),
            entropy,
            events: Vec::new(),
        };
        Self {
            slow_after_ms: u64::try_from(policy.slow_call_after.as_millis()).unwrap_or(u64::MAX),
            gate: Gate::shut_from_the_start(policy.longest_quiet()),
            policy,
            counters,
            in_flight,
            locked: Mutex::new(locked),
            has_events: AtomicBool::new(false),
        }
    }

    /// The circuit's rules.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the store said last.
    pub fn known(&self) -> Record {
        Record::clone(self.lock().state.view.record())
    }

    /// The epoch of the record that is known.
    pub fn known_epoch(&self) -> Epoch {
        self.lock().state.view.record().epoch
    }

    /// The state that calls meet, as far as this process knows.
    pub fn effective_state(&self, now: Timestamp) -> protocol::State {
        self.lock().state.view.record().effective_state(now)
    }

    /// A call arrives.
    #[inline]
    pub fn begin(&self, now: impl Now) -> Admission {
        let steady = now.steady();
        match self.gate.passes(steady) {
            Some(epoch) => Admission::Admitted(Permit::plain(epoch, steady)),
            None => self.admission_step(now, admission::begin),
        }
    }

    /// The store has answered on behalf of a call that waits.
    ///
    /// An answer that does not come within [`Policy::store_timeout`] is
    /// [`StoreError::NoAnswer`].
    pub fn answer_admission(
        &self,
        request: AdmissionRequest,
        answer: Result<Record, StoreError>,
        now: impl Now,
    ) -> Admission {
        self.admission_step(now, |state, cx| {
            request.answer(plausible(answer, cx), state, cx)
        })
    }

    /// Another call has asked the store while this one waited for its turn:
    /// decides anew whether it still has to ask.
    pub fn reconsider(&self, request: AdmissionRequest, now: impl Now) -> Admission {
        self.admission_step(now, |state, cx| request.reconsider(state, cx))
    }

    /// Decides about a call without asking: there is no time for that.
    pub fn decline(&self, request: AdmissionRequest, now: impl Now) -> Admission {
        self.admission_step(now, |state, cx| request.decline(state, cx))
    }

    /// An admitted call is made: from now on it is counted as under way, until
    /// [`end`](Self::end) takes its permit back. A call that hangs is evidence
    /// that way before it ends.
    ///
    /// If its permit is dropped instead, [`give_up`](Self::give_up) must hear of
    /// it, or the call would seem to hang. `None` for what is not counted so.
    #[inline]
    pub fn make(&self, permit: &mut Permit) -> Option<InFlightPermit> {
        if permit.in_flight || !permit.is_evidence() {
            return None;
        }
        permit.in_flight = true;
        self.in_flight.begin(permit.admitted);
        Some(InFlightPermit(permit.admitted))
    }

    /// A call that was made is given up; it says nothing about the dependency.
    #[inline]
    pub fn give_up(&self, permit: InFlightPermit) {
        self.in_flight.end(permit.0);
    }

    /// A call has ended. Gives what there is to report.
    ///
    /// A request is best performed before the response is given: a process may
    /// be frozen right after it.
    #[inline]
    pub fn end(&self, permit: Permit, outcome: Outcome, now: impl Now) -> Option<ReportRequest> {
        if let Kind::Plain(epoch) = permit.kind
            && outcome == Outcome::Success
            && let steady = now.steady()
            && steady.as_ms().saturating_sub(permit.admitted.as_ms()) < self.slow_after_ms
            && self.gate.passes(steady) == Some(epoch)
        {
            if permit.in_flight {
                self.in_flight.end(permit.admitted);
            }
            self.counters.count();
            return None;
        }
        self.step(now, |state, cx| reporting::end(permit, outcome, state, cx))
    }

    /// The store has answered a report. Gives what there is still to do.
    ///
    /// An answer that does not come within [`Policy::store_timeout`] is
    /// [`StoreError::NoAnswer`].
    pub fn answer_report(
        &self,
        request: ReportRequest,
        answer: Result<Record, StoreError>,
        now: impl Now,
    ) -> Option<ReportRequest> {
        self.step(now, |state, cx| {
            request.answer(plausible(answer, cx), state, cx)
        })
    }

    /// An operator places an override, which replaces the one that stands.
    pub fn place_override(&self, placed: Override) -> OverrideRequest {
        OverrideRequest::begin(Change::PlaceOverride(placed), self.known_epoch())
    }

    /// An operator withdraws the override that stands.
    pub fn withdraw_override(&self, actor: &str) -> OverrideRequest {
        let actor = actor.to_owned();
        OverrideRequest::begin(Change::WithdrawOverride { actor }, self.known_epoch())
    }

    /// The store has answered on behalf of an operator.
    ///
    /// An answer that does not come within [`Policy::store_timeout`] is
    /// [`StoreError::NoAnswer`].
    pub fn answer_override(
        &self,
        request: OverrideRequest,
        answer: Result<Record, StoreError>,
        now: impl Now,
    ) -> OverrideStep {
        self.step(now, |state, cx| {
            request.answer(plausible(answer, cx), state, cx)
        })
    }

    /// Takes over a record that shows every change made before it was read, and
    /// that was read on another occasion, when epoch `known` was known here.
    pub fn on_strong_read(&self, record: Record, known: Epoch, now: impl Now) {
        self.step(now, |state, cx| match bounded(record, cx) {
            Ok(record) => state.on_strong_read(record, known, cx),
            Err(error) => state.on_store_failure(&error, cx),
        });
    }

    /// Takes what has happened since the last time, for observers.
    pub fn take_events(&self) -> Vec<Event> {
        // A healthy call has nothing to tell and must not wait for this.
        if !self.has_events.load(Ordering::Relaxed) {
            return Vec::new();
        }
        self.has_events.store(false, Ordering::Relaxed);
        std::mem::take(&mut self.lock().events)
    }

    /// A step of a call that waits to be decided about.
    fn admission_step(
        &self,
        now: impl Now,
        decide: impl FnOnce(&mut State, &mut Context<'_>) -> Admission,
    ) -> Admission {
        self.step(now, |state, cx| {
            let admission = decide(state, cx);
            if matches!(admission, Admission::Rejected(_)) {
                state.unreported.refuse();
            }
            admission
        })
    }

    /// Everything that is not plain: changes the state and says anew what is.
    #[inline(never)]
    fn step<T>(&self, now: impl Now, change: impl FnOnce(&mut State, &mut Context<'_>) -> T) -> T {
        let mut locked = self.lock();
        let Locked {
            state,
            entropy,
            events,
        } = &mut *locked;
        let moment = Moment {
            wall: now.wall(),
            steady: now.steady(),
        };
        let mut cx = Context::new(&self.policy, moment, &mut **entropy, events);
        let result = change(state, &mut cx);
        let epoch = state.view.record().epoch;
        match state.quiet_for(&cx) {
            Some(quiet) => self.gate.publish(moment.steady + quiet, epoch),
            None => self.gate.shut(epoch),
        }
        if !locked.events.is_empty() {
            self.has_events.store(true, Ordering::Relaxed);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Locked> {
        // A panic elsewhere cannot leave the state inconsistent: what can
        // panic in here is arithmetic that saturates.
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
