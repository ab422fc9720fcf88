//! A circuit as clients see it.

use breaker_core::{
    Breaker, Clock, Epoch, Override, OverrideMode, Policy, Record, Snapshot, State, StateStore,
    Timestamp, TransitionEvent, protocol::Phase,
};
use chrono::{DateTime, Utc};
use lambda_kit::{clock::as_ms, guard::date};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::EvidenceDescription;
use crate::http::items::CircuitStateName;

/// Every circuit.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CircuitList {
    pub(super) circuits: Vec<Circuit>,
}

/// One circuit.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Circuit {
    /// Its name.
    name: String,
    /// Its state by the rules; an override stands above it.
    #[schema(value_type = CircuitStateName)]
    state: State,
    /// How many transitions there have been.
    #[schema(minimum = 0)]
    epoch: u64,
    /// When this state began; null if it has never moved.
    #[schema(required)]
    since: Option<DateTime<Utc>>,
    /// When calls may come back; null while they pass.
    #[schema(required)]
    retry_at: Option<DateTime<Utc>>,
    /// The share of calls that the rules admit just now; below 1 also while a
    /// circuit that has just closed ramps up.
    #[schema(minimum = 0, maximum = 1)]
    admitted_share: f64,
    /// How many recoveries have failed in a row.
    #[schema(minimum = 0)]
    reopens: u32,
    /// Why the last transition happened.
    #[schema(required)]
    cause: Option<String>,
    /// What has been counted.
    evidence: EvidenceDescription,
    /// How far the way back has come.
    probes: Probes,
    /// An operator's order in force.
    #[serde(rename = "override")]
    #[schema(required)]
    order: Option<OverrideDescription>,
    /// The rules.
    policy: PolicyDescription,
    /// The time of this description.
    as_of: DateTime<Utc>,
}

/// Probes of a half-open circuit.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Probes {
    /// Under way, in the whole fleet.
    #[schema(minimum = 0)]
    leased: usize,
    /// The most that may be under way.
    max: u32,
    /// Succeeded so far.
    #[schema(minimum = 0)]
    successes: u32,
    /// Successes that close the circuit.
    needed: u32,
}

/// An operator's order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Override)]
pub(in crate::http) struct OverrideDescription {
    #[schema(value_type = OverrideModeName)]
    mode: OverrideMode,
    reason: String,
    actor: String,
    expires_at: DateTime<Utc>,
}

/// What an operator may order.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(in crate::http) enum OverrideModeName {
    /// Refuse every call.
    ForceOpen,
    /// Admit every call.
    ForceClosed,
    /// Admit every call, yet measure and decide.
    Shadow,
}

/// The rules of a circuit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub(in crate::http) struct PolicyDescription {
    failure_rate_threshold: f64,
    slow_rate_threshold: f64,
    slow_call_after_ms: u64,
    rate_margin: f64,
    evidence_bound: f64,
    consecutive_failures: u32,
    local_failures: u32,
    slot_ms: u64,
    window_slots: u32,
    window_ms: u64,
    sampled_calls_per_s: f64,
    open_for_ms: u64,
    open_growth: f64,
    open_for_max_ms: u64,
    max_probes: u32,
    successes_to_close: u32,
    probe_timeout_ms: u64,
    lease_for_ms: u64,
    ramp_for_ms: u64,
    refresh_after_ms: u64,
    max_stale_ms: u64,
    store_timeout_ms: u64,
}

/// Transitions of a circuit.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CircuitEvents {
    /// Newest last.
    events: Vec<CircuitEvent>,
    /// Pass this as `since` to get what comes after.
    #[schema(minimum = 0)]
    next_since: u64,
}

/// One transition.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CircuitEvent {
    /// The epoch that began.
    #[schema(minimum = 0)]
    epoch: u64,
    at: DateTime<Utc>,
    /// The state before.
    #[schema(value_type = EffectiveStateName)]
    from: State,
    /// The state after.
    #[schema(value_type = EffectiveStateName)]
    to: State,
    /// Why.
    reason: String,
    /// An operator's name, or `breaker`.
    actor: String,
    /// For an override: when it ends, unless it is withdrawn or replaced before. No event
    /// tells of its end.
    expires_at: Option<DateTime<Utc>>,
}

/// The state of a circuit, orders included.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(in crate::http) enum EffectiveStateName {
    Closed,
    Open,
    HalfOpen,
    ForcedOpen,
    ForcedClosed,
    Shadow,
}

impl Circuit {
    pub(super) fn new<S: StateStore, C: Clock>(
        breaker: &Breaker<S, C>,
        snapshot: &Snapshot,
    ) -> Self {
        let Snapshot { record, now } = snapshot;
        let (policy, now) = (breaker.policy(), *now);
        let order = record.active_override(now);
        Self {
            name: breaker.circuit().to_string(),
            state: record.state(now),
            epoch: record.epoch.0,
            since: (record.epoch > Epoch(0)).then(|| date(record.since())),
            retry_at: retry_at(record, now).map(date),
            admitted_share: admitted_share(record, policy, now),
            reopens: reopens(record),
            cause: record.cause.clone(),
            evidence: EvidenceDescription::new(record, policy, now),
            probes: Probes::new(record, policy, now),
            order: order.map(OverrideDescription::new),
            policy: PolicyDescription::new(policy),
            as_of: date(now),
        }
    }
}

impl CircuitEvents {
    pub(super) fn new(since: Epoch, events: Vec<TransitionEvent>) -> Self {
        let next_since = events.last().map_or(since, |event| event.epoch).0;
        let events = events
            .into_iter()
            .map(|event| CircuitEvent {
                epoch: event.epoch.0,
                at: date(event.at),
                from: event.from,
                to: event.to,
                reason: event.reason,
                actor: event.actor,
                expires_at: event.expires.map(date),
            })
            .collect();
        Self { events, next_since }
    }
}

impl Probes {
    fn new(record: &Record, policy: &Policy, now: Timestamp) -> Self {
        let (leased, successes) = match &record.phase {
            Phase::HalfOpen {
                leases, successes, ..
            } => (
                leases.values().filter(|lease| lease.expires > now).count(),
                *successes,
            ),
            Phase::Closed { .. } | Phase::Open { .. } => (0, 0),
        };
        Self {
            leased,
            max: policy.max_probes,
            successes,
            needed: policy.successes_to_close,
        }
    }
}

impl OverrideDescription {
    fn new(order: &Override) -> Self {
        Self {
            mode: order.mode,
            reason: order.reason.clone(),
            actor: order.actor.clone(),
            expires_at: date(order.expires),
        }
    }
}

impl PolicyDescription {
    fn new(policy: &Policy) -> Self {
        Self {
            failure_rate_threshold: policy.failure_rate_threshold,
            slow_rate_threshold: policy.slow_rate_threshold,
            slow_call_after_ms: as_ms(policy.slow_call_after),
            rate_margin: policy.rate_margin,
            evidence_bound: policy.evidence_bound,
            consecutive_failures: policy.consecutive_failures,
            local_failures: policy.local_failures,
            slot_ms: as_ms(policy.slot),
            window_slots: policy.window_slots,
            window_ms: as_ms(policy.window),
            sampled_calls_per_s: policy.sampled_calls_per_s,
            open_for_ms: as_ms(policy.open_for),
            open_growth: policy.open_growth,
            open_for_max_ms: as_ms(policy.open_for_max),
            max_probes: policy.max_probes,
            successes_to_close: policy.successes_to_close,
            probe_timeout_ms: as_ms(policy.probe_timeout),
            lease_for_ms: as_ms(policy.lease_for),
            ramp_for_ms: as_ms(policy.ramp_for),
            refresh_after_ms: as_ms(policy.refresh_after),
            max_stale_ms: as_ms(policy.max_stale),
            store_timeout_ms: as_ms(policy.store_timeout),
        }
    }
}

fn retry_at(record: &Record, now: Timestamp) -> Option<Timestamp> {
    match record.phase {
        Phase::Open { until, .. } if now < until => Some(until),
        Phase::Open { .. } | Phase::Closed { .. } | Phase::HalfOpen { .. } => None,
    }
}

fn admitted_share(record: &Record, policy: &Policy, now: Timestamp) -> f64 {
    match record.state(now) {
        State::Closed => record.ramp(policy, now),
        _ => 0.0,
    }
}

fn reopens(record: &Record) -> u32 {
    match record.phase {
        Phase::Open { reopens, .. } | Phase::HalfOpen { reopens, .. } => reopens,
        Phase::Closed { .. } => 0,
    }
}
