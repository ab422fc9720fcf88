//! Replies as answers: the data, and how it came about.

use std::time::Duration;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use breaker_core::{Snapshot, State as CircuitState, protocol::Phase};
use chrono::{DateTime, Utc};
use contract::{
    Attempt, Body, Dependency, IdempotencyKey, Item, ItemPage, Refusal, Reply, Setback, Source,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        App,
        headers::{self, Asked},
        preconditions::{self, Known},
        problem::Problem,
    },
    path::{AttemptError, Journal, PathError},
};

/// How an answer came about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::http) struct Served {
    /// Who knew it.
    source: Source,
    /// Whether it is second best.
    degraded: bool,
    /// The moment at which the database said so.
    as_of: DateTime<Utc>,
    /// The state of the circuit that guards the Retry Lambda.
    #[schema(value_type = CircuitStateName)]
    circuit: CircuitState,
    /// Every attempt made for it, in order.
    attempts: Vec<Attempt>,
}

/// The state of a circuit by its rules.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(in crate::http) enum CircuitStateName {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// The way back is being tried.
    HalfOpen,
}

/// One item and how the answer came about.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ItemAnswer {
    data: Item,
    served: Served,
}

/// A page of items and how the answer came about.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct PageAnswer {
    data: ItemPage,
    served: Served,
}

/// An answer on its way to the client.
pub(super) struct Answered {
    pub(super) body: Body,
    served: Served,
    /// The key that repeats the write which this is the answer to.
    key: Option<IdempotencyKey>,
    now: DateTime<Utc>,
    took: Duration,
}

impl Answered {
    /// The answer, without the item if the client has it already. Second best is
    /// never confirmed: the client could take it for what the database says.
    pub(super) fn unless_known(self, known: &Known) -> Response {
        let confirmed = match &self.body {
            Body::Item(item) => !self.served.degraded && known.includes(item.version),
            Body::Page(_) | Body::Deleted { .. } => false,
        };
        let response = self.into_response();
        if !confirmed {
            return response;
        }
        let (parts, _) = response.into_parts();
        let mut headers = parts.headers;
        headers.remove(header::CONTENT_TYPE);
        (StatusCode::NOT_MODIFIED, headers).into_response()
    }
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        let Self {
            body,
            served,
            key,
            now,
            took,
        } = self;
        let Served { source, as_of, .. } = served;
        let attempts = served.attempts.clone();
        let asked = match (&key, &body) {
            (Some(_), _) => Asked::Write,
            (None, Body::Page(_)) => Asked::Page,
            (None, Body::Item(_) | Body::Deleted { .. }) => Asked::Item,
        };
        let mut response = match body {
            Body::Item(data) => {
                let etag = preconditions::etag(data.version);
                ([(header::ETAG, etag)], Json(ItemAnswer { data, served })).into_response()
            }
            Body::Page(data) => Json(PageAnswer { data, served }).into_response(),
            Body::Deleted { .. } => StatusCode::NO_CONTENT.into_response(),
        };
        let told = response.headers_mut();
        if let Some(key) = &key {
            headers::tell_key(told, key);
        }
        headers::describe_source(told, source, asked, as_of, now);
        headers::describe_timing(told, &attempts, Some(took));
        response
    }
}

/// What the client is told about the result of the call path.
pub(super) fn answered(
    app: &App,
    result: Result<Reply, PathError>,
    journal: &Journal,
    key: Option<IdempotencyKey>,
) -> Result<Answered, Problem> {
    let circuit = app.circuits.retry.known();
    // An order may last for a day, and be taken back before.
    let longest = app.circuits.retry.policy().open_for_max;
    match result {
        Ok(Reply::Served(reply)) => {
            let served = Served {
                source: reply.source,
                degraded: reply.source.is_degraded(),
                as_of: reply.as_of,
                circuit: as_met(circuit.record.effective_state(circuit.now)),
                attempts: journal.attempts(),
            };
            Ok(Answered {
                body: reply.body,
                served,
                key,
                now: app.now(),
                took: journal.elapsed(),
            })
        }
        Ok(Reply::Refused(refusal)) => Err(refused(&refusal)),
        Ok(Reply::Unavailable(unavailable)) => {
            tracing::warn!(reason = unavailable.reason, "unavailable");
            Err(match unavailable.dependency {
                Dependency::Time => no_time(key),
                Dependency::Database | Dependency::Cache | Dependency::NothingCached => {
                    let open_until = unavailable.setback.and_then(Setback::open_until);
                    let inner = open_until.and_then(|until| (until - app.now()).to_std().ok());
                    let inner = inner.unwrap_or_default().min(longest);
                    let wait = until_calls_pass(&circuit).max(inner);
                    if key.is_some() && journal.nothing_was_done() {
                        let detail = "Nothing was done, because the database's circuit lets nothing through.";
                        Problem::unavailable(detail, wait)
                    } else {
                        in_trouble(wait, key)
                    }
                }
            })
        }
        Err(error) => {
            tracing::warn!(%error, "no reply");
            Err(failed(&circuit, longest, &error, journal, key))
        }
    }
}

/// An operator's order, in terms of what calls meet.
fn as_met(state: CircuitState) -> CircuitState {
    match state {
        CircuitState::ForcedOpen => CircuitState::Open,
        CircuitState::ForcedClosed | CircuitState::Shadow => CircuitState::Closed,
        CircuitState::Closed | CircuitState::Open | CircuitState::HalfOpen => state,
    }
}

fn refused(refusal: &Refusal) -> Problem {
    match *refusal {
        Refusal::NotFound { id, .. } => Problem::item_not_found(id),
        Refusal::VersionMismatch { current } => Problem::version_mismatch(current),
        Refusal::IdempotencyKeyReused => Problem::idempotency_key_reused(),
        Refusal::StillUnderWay => Problem::still_under_way(),
    }
}

fn failed(
    circuit: &Snapshot,
    longest: Duration,
    error: &PathError,
    journal: &Journal,
    key: Option<IdempotencyKey>,
) -> Problem {
    match error {
        PathError::Rejected(rejection) => {
            let wait = rejection.retry_at.since(circuit.now).min(longest);
            if journal.nothing_was_done() {
                let detail = format!("Nothing was done, because {rejection}.");
                Problem::unavailable(detail, wait)
            } else {
                in_trouble(wait, key)
            }
        }
        PathError::Inner(AttemptError::DeadlineReached) | PathError::DeadlineExceeded => {
            no_time(key)
        }
        PathError::Inner(_) | PathError::ProbeTimedOut => {
            in_trouble(until_calls_pass(circuit), key)
        }
    }
}

/// If the circuit has opened over this, coming back before it may let calls
/// through would be in vain.
fn until_calls_pass(circuit: &Snapshot) -> Duration {
    match circuit.record.phase {
        Phase::Open { until, .. } => until.since(circuit.now),
        Phase::Closed { .. } | Phase::HalfOpen { .. } => Duration::from_secs(1),
    }
}

const IN_DOUBT: &str =
    "The change may or may not have been made; repeat it with the Idempotency-Key of this answer.";

fn no_time(key: Option<IdempotencyKey>) -> Problem {
    match key {
        Some(key) => Problem::deadline_exceeded(IN_DOUBT).about(key),
        None => Problem::deadline_exceeded("The request took too long; it can be repeated."),
    }
}

fn in_trouble(wait: Duration, key: Option<IdempotencyKey>) -> Problem {
    match key {
        Some(key) => Problem::unavailable(IN_DOUBT, wait).about(key),
        None => Problem::unavailable(
            "The database cannot be reached and nothing is cached for this request.",
            wait,
        ),
    }
}
