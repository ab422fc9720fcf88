//! How a call becomes a probe: by a lease of the fleet's, or without the store.

use std::sync::Arc;

use super::{
    commit::Commit,
    context::Context,
    local_breaker::Opinion,
    permit::{Admission, Kind, Probe},
    request::{AdmissionRequest, Admitting, LeaseBid},
    state::{State, in_shadow},
    view::LOOKS_PER_S,
};
use crate::{
    observe::Event,
    protocol::{Measure, Phase, Record, Rejection, RejectionReason},
};

/// How often one call bids for a lease while the record moves under it.
const LEASE_ATTEMPTS: u32 = 5;

/// How many calls a second of the whole fleet bid for a lease.
const CANDIDATES_PER_S: f64 = 20.0;

/// Which calls of the fleet compete for the places among the probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Competition {
    /// All that arrive.
    Arrivals,
    /// Those that have looked at the circuit: each process looks once in a
    /// while, not with each call.
    Looks,
}

/// The circuit is on its way back and may have room for a probe.
pub(super) fn try_to_probe(
    competition: Competition,
    state: &mut State,
    cx: &mut Context<'_>,
) -> Admission {
    if state.backoff.is_pausing(cx.now) {
        return try_without_store(state, cx);
    }
    if cx.draw() < candidacy(competition, state) {
        return bid(LEASE_ATTEMPTS, state, cx);
    }
    deny(state, cx)
}

/// The chance that a call bids for a lease: a large fleet must not storm the
/// store when the open time is over.
fn candidacy(competition: Competition, state: &State) -> f64 {
    let Some(size) = state.view.fleet_size() else {
        return 1.0;
    };
    let candidates = match competition {
        Competition::Arrivals => size.recent_calls_per_s,
        Competition::Looks => size.recent_calls_per_s.min(LOOKS_PER_S),
    };
    (CANDIDATES_PER_S / candidates).min(1.0)
}

/// Asks for a lease, if there is a place and an attempt left.
pub(super) fn bid(attempts: u32, state: &State, cx: &mut Context<'_>) -> Admission {
    let owner = cx.owner();
    let basis = state.view.record();
    let plan = basis.plan_probe(cx.policy, cx.now, owner);
    match plan.zip(attempts.checked_sub(1)) {
        Some((plan, attempts_left)) => {
            let bid = LeaseBid {
                index: plan.index,
                owner: plan.owner,
                attempts_left,
            };
            let commit = Commit::new(Arc::clone(basis), plan.change);
            Admission::Pending(AdmissionRequest::new(Admitting::Lease(bid, commit)))
        }
        None => deny(state, cx),
    }
}

/// The lease was granted, and `granted` is the record right after it.
pub(super) fn grant(bid: &LeaseBid, granted: Record, cx: &mut Context<'_>) -> Admission {
    let limit = (!in_shadow(&granted, cx.now)).then_some(cx.policy.probe_timeout);
    cx.emit(Event::ProbeBegan);
    let probe = Probe {
        granted: Arc::new(granted),
        index: bid.index,
        owner: bid.owner,
        limit,
    };
    Admission::admit(Kind::Probe(Box::new(probe)), cx)
}

/// Without the store there are no leases. A fleet that lost its store must
/// not probe all at once: each process waits for as long as a lease that
/// it cannot see may last, and then tries with one call at a time.
fn try_without_store(state: &mut State, cx: &mut Context<'_>) -> Admission {
    let lease_for = cx.policy.lease_for;
    let has_waited = match &state.view.record().phase {
        Phase::Open { until, .. } => *until + lease_for <= cx.now,
        Phase::HalfOpen { since, .. } => *since + lease_for <= cx.now,
        Phase::Closed { .. } => true,
    };
    if !has_waited {
        return deny(state, cx);
    }
    match state.local.opinion(cx) {
        Opinion::Stop(_) if in_shadow(state.view.record(), cx.now) => deny(state, cx),
        Opinion::Stop(until) => Admission::reject(state.reject_locally(until, cx), cx),
        Opinion::Pass | Opinion::Try => {
            // From now on the local breaker decides, one trial at a time.
            if !state.local.is_tripped() {
                state.local.stand_in_for_store(cx);
            }
            let trial = state.local.begin_trial(cx);
            Admission::admit(Kind::Trial(Measure::Ignored, trial), cx)
        }
    }
}

/// No lease could be had. Under a shadow override the call passes all the
/// same.
pub(super) fn deny(state: &State, cx: &mut Context<'_>) -> Admission {
    let record = state.view.record();
    if in_shadow(record, cx.now) {
        return Admission::admit(Kind::Ordinary(Measure::Ignored), cx);
    }
    let rejection = Rejection {
        state: record.effective_state(cx.now),
        reason: RejectionReason::ProbesBusy,
        retry_at: cx.now + cx.policy.store_timeout.saturating_mul(2),
    };
    Admission::reject(rejection, cx)
}
