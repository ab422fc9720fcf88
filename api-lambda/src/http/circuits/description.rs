//! A circuit as clients see it.

use breaker_core::{
    Breaker, Clock, Epoch, Override, OverrideMode, Policy, Record, Snapshot, State, StateStore,
    Timestamp, TransitionEvent, protocol::Phase,
};
use chrono::{DateTime, Utc};
use lambda_kit::{circuit::date, clock::as_ms};
use serde::Serialize;
use utoipa::ToSchema;

use super::evidence::EvidenceDescription;
use crate::{
    access::Audience,
    http::{items::CircuitStateName, problem::Problem},
};

/// Who the trail says has made a transition that followed from the rules.
const RULES: &str = "breaker";

/// Every circuit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "circuits": [],
    "unavailable": [{
        "name": "cache",
        "detail": "The table of the circuits does not answer; calls go on by the last known state."
    }]
})))]
pub(in crate::http) struct CircuitList {
    /// The circuits that could be read, from the outside in.
    circuits: Vec<Circuit>,
    /// The circuits that could not be read.
    unavailable: Vec<UnavailableCircuit>,
}

/// A circuit whose state is not known just now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct UnavailableCircuit {
    /// Its name.
    name: String,
    /// Why it could not be read.
    detail: String,
}

/// One circuit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(Circuit::example))]
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
    /// When it opened, before all attempts to recover; null while it is closed.
    #[schema(required)]
    opened_at: Option<DateTime<Utc>>,
    /// Since when it has been suspected of an outage; null if it is not, and while it is not
    /// closed.
    #[schema(required)]
    suspected_since: Option<DateTime<Utc>>,
    /// When calls may come back; null while they pass.
    #[schema(required)]
    retry_at: Option<DateTime<Utc>>,
    /// The share of calls that the rules admit just now; below 1 also while a
    /// circuit that has just closed ramps up.
    #[schema(minimum = 0, maximum = 1)]
    admitted_share: f64,
    /// When all calls are admitted again after the last outage; null unless the circuit is closed
    /// after one.
    #[schema(required)]
    ramp_ends_at: Option<DateTime<Utc>>,
    /// Calls a second that the whole fleet has refused lately, for whatever reason; null before it
    /// has told of any traffic.
    #[schema(required, minimum = 0)]
    refused_per_second: Option<f64>,
    /// How many recoveries have failed in a row.
    #[schema(minimum = 0)]
    reopens: u32,
    /// Why the last transition happened; null for an operator's reason, unless an
    /// operator asks.
    #[schema(required)]
    cause: Option<String>,
    /// What has been counted.
    evidence: EvidenceDescription,
    /// How far the way back has come.
    probes: Probes,
    /// An operator's override in force.
    #[serde(rename = "override")]
    #[schema(required)]
    placed: Option<OverrideDescription>,
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
    /// Failed so far. One that no success outweighs opens the circuit again.
    #[schema(minimum = 0)]
    failures: u32,
    /// By how many successes must outnumber failures to close the circuit; more than the policy
    /// says while the circuit is in doubt.
    needed: u32,
}

/// An operator's override.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Override)]
pub(in crate::http) struct OverrideDescription {
    #[schema(value_type = OverrideModeName)]
    mode: OverrideMode,
    /// Why; null unless an operator asks.
    #[schema(required)]
    reason: Option<String>,
    /// By whom; null unless an operator asks.
    #[schema(required)]
    actor: Option<String>,
    expires_at: DateTime<Utc>,
}

/// What an operator may override a circuit with.
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
#[schema(examples(json!({
    "events": [{
        "epoch": 7, "at": "2026-11-30T12:00:00Z", "from": "closed", "to": "open",
        "reason": "the failure rate reached the threshold", "actor": "breaker", "expires_at": null
    }],
    "next_since": 7
})))]
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
    /// Why; null for what an operator did, unless an operator asks.
    #[schema(required)]
    reason: Option<String>,
    /// `breaker`, or the operator who did it; null for the latter, unless an operator asks.
    #[schema(required)]
    actor: Option<String>,
    /// For an override: when it ends, unless it is withdrawn or replaced before. No event
    /// tells of its end.
    expires_at: Option<DateTime<Utc>>,
}

/// The state of a circuit, overrides included.
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

impl CircuitList {
    /// What was read of each circuit; if that is nothing at all, the first problem.
    pub(super) fn new<'a>(
        read: impl IntoIterator<Item = (&'a str, Result<Circuit, Problem>)>,
    ) -> Result<Self, Problem> {
        let (mut circuits, mut unavailable, mut first) = (Vec::new(), Vec::new(), None);
        for (name, read) in read {
            match read {
                Ok(circuit) => circuits.push(circuit),
                Err(problem) => {
                    unavailable.push(UnavailableCircuit {
                        name: name.to_owned(),
                        detail: problem.detail().to_owned(),
                    });
                    first.get_or_insert(problem);
                }
            }
        }
        match first {
            Some(problem) if circuits.is_empty() => Err(problem),
            _ => Ok(Self {
                circuits,
                unavailable,
            }),
        }
    }
}

impl Circuit {
    pub(super) fn new<S: StateStore, C: Clock>(
        breaker: &Breaker<S, C>,
        snapshot: &Snapshot,
        audience: Audience,
    ) -> Self {
        Self::describe(
            breaker.circuit().as_str(),
            breaker.policy(),
            snapshot,
            audience,
        )
    }

    /// A circuit that has never moved.
    fn example() -> Self {
        let snapshot = Snapshot {
            record: Record::default(),
            now: Timestamp::from_unix_ms(1_796_040_000_000),
        };
        Self::describe("retry", &Policy::default(), &snapshot, Audience::Public)
    }

    fn describe(name: &str, policy: &Policy, snapshot: &Snapshot, audience: Audience) -> Self {
        let Snapshot { record, now } = snapshot;
        let now = *now;
        let placed = record.active_override(now);
        Self {
            name: name.to_owned(),
            state: record.state(now),
            epoch: record.epoch.0,
            since: (record.epoch > Epoch(0)).then(|| date(record.since())),
            opened_at: opened_at(record).map(date),
            suspected_since: record.suspected().map(date),
            retry_at: retry_at(record, now).map(date),
            admitted_share: admitted_share(record, policy, now),
            ramp_ends_at: record.ramp_ends(policy).map(date),
            refused_per_second: refused_per_second(record, now),
            reopens: reopens(record),
            cause: cause(record, audience),
            evidence: EvidenceDescription::new(record, policy, now),
            probes: Probes::new(record, policy, now),
            placed: placed.map(|placed| OverrideDescription::new(placed, audience)),
            policy: PolicyDescription::new(policy),
            as_of: date(now),
        }
    }
}

impl CircuitEvents {
    pub(super) fn new(since: Epoch, events: Vec<TransitionEvent>, audience: Audience) -> Self {
        let next_since = events.last().map_or(since, |event| event.epoch).0;
        let describe = |event| CircuitEvent::new(event, audience);
        Self {
            events: events.into_iter().map(describe).collect(),
            next_since,
        }
    }
}

impl CircuitEvent {
    fn new(event: TransitionEvent, audience: Audience) -> Self {
        let by_rules = event.actor == RULES && event.expires.is_none();
        let told = by_rules || audience == Audience::Operators;
        Self {
            epoch: event.epoch.0,
            at: date(event.at),
            from: event.from,
            to: event.to,
            reason: told.then_some(event.reason),
            actor: told.then_some(event.actor),
            expires_at: event.expires.map(date),
        }
    }
}

impl Probes {
    fn new(record: &Record, policy: &Policy, now: Timestamp) -> Self {
        let (leased, successes, failures) = match &record.phase {
            Phase::HalfOpen {
                leases,
                successes,
                failures,
                ..
            } => (
                leases.values().filter(|lease| lease.expires > now).count(),
                *successes,
                *failures,
            ),
            Phase::Closed { .. } | Phase::Open { .. } => (0, 0, 0),
        };
        Self {
            leased,
            max: policy.max_probes,
            successes,
            failures,
            needed: record.successes_needed(policy, now),
        }
    }
}

impl OverrideDescription {
    fn new(placed: &Override, audience: Audience) -> Self {
        let told = audience == Audience::Operators;
        Self {
            mode: placed.mode,
            reason: told.then(|| placed.reason.clone()),
            actor: told.then(|| placed.actor.clone()),
            expires_at: date(placed.expires),
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

/// An override's reason becomes the cause of its transition, and stays it until the next.
fn cause(record: &Record, audience: Audience) -> Option<String> {
    let reason = record
        .standing_override
        .as_ref()
        .map(|placed| &placed.reason);
    let is_reason = record.cause.is_some() && record.cause.as_ref() == reason;
    let told = audience == Audience::Operators || !is_reason;
    record.cause.clone().filter(|_| told)
}

fn opened_at(record: &Record) -> Option<Timestamp> {
    match record.phase {
        Phase::Open { opened, .. } | Phase::HalfOpen { opened, .. } => Some(opened),
        Phase::Closed { .. } => None,
    }
}

fn refused_per_second(record: &Record, now: Timestamp) -> Option<f64> {
    let size = record.traffic.fleet_size(now)?;
    Some(size.refused_per_s)
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

#[cfg(test)]
mod tests;
