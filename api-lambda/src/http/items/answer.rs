//! Replies as answers: the data, and how it came about.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use breaker_core::{Snapshot, State as CircuitState, protocol::Phase};
use chrono::{DateTime, Utc};
use contract::{
    Attempt, Body, Dependency, IdempotencyKey, Item, ItemPage, Refusal, Reply, Setback, Source,
};
use lambda_kit::function::Throttle;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        App,
        headers::{self, Asked},
        preconditions::{self, Preconditions, Verdict},
        problem::{Change, Problem},
    },
    path::{AttemptLog, PathError},
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
#[schema(examples(json!({
    "data": {
        "id": "0192f0c1-7a3b-7def-8123-456789abcdef", "name": "bolt", "description": "M4",
        "quantity": 3, "version": 1,
        "created_at": "2026-11-30T12:00:00Z", "updated_at": "2026-11-30T12:00:00Z"
    },
    "served": {
        "source": "database", "degraded": false, "as_of": "2026-11-30T12:00:00Z",
        "circuit": "closed",
        "attempts": [{"target": "retry", "outcome": "ok", "started_ms": 0, "duration_ms": 12}]
    }
})))]
pub(in crate::http) struct ItemAnswer {
    data: Item,
    served: Served,
}

/// A page of items and how the answer came about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "data": {"items": [{
        "id": "0192f0c1-7a3b-7def-8123-456789abcdef", "name": "bolt", "description": "M4",
        "quantity": 3, "version": 1,
        "created_at": "2026-11-30T12:00:00Z", "updated_at": "2026-11-30T12:00:00Z"
    }], "next_cursor": null},
    "served": {
        "source": "database", "degraded": false, "as_of": "2026-11-30T12:00:00Z",
        "circuit": "closed",
        "attempts": [{"target": "retry", "outcome": "ok", "started_ms": 0, "duration_ms": 12}]
    }
})))]
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
    /// After how long the database may answer again, where this is second best.
    wait: Duration,
}

impl Answered {
    /// The answer under the conditions of the request: without the item if the client has it
    /// already. Second best decides no condition, for the item may have another version by
    /// now: it is never confirmed, and no version is called wrong because of it.
    pub(super) fn under(self, conditions: &Preconditions) -> Result<Response, Problem> {
        let version = match &self.body {
            Body::Item(item) => item.version,
            Body::Page(_) | Body::Deleted { .. } => return Ok(self.into_response()),
        };
        match conditions.of_read(version) {
            Verdict::Known if !self.served.degraded => {
                let (parts, _) = self.into_response().into_parts();
                let mut headers = parts.headers;
                headers.remove(header::CONTENT_TYPE);
                Ok((StatusCode::NOT_MODIFIED, headers).into_response())
            }
            Verdict::Hold | Verdict::Known => Ok(self.into_response()),
            Verdict::Fail if self.served.degraded => {
                Err(Problem::unavailable(UNDECIDED, self.wait).after(self.served.attempts))
            }
            Verdict::Fail => Err(Problem::version_mismatch(version).after(self.served.attempts)),
        }
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
            wait: _,
        } = self;
        let Served { source, as_of, .. } = served;
        let asked = match (&key, &body) {
            (Some(_), _) => Asked::Write,
            (None, Body::Page(_)) => Asked::Page,
            (None, Body::Item(_) | Body::Deleted { .. }) => Asked::Item,
        };
        let mut told = HeaderMap::new();
        if let Some(key) = &key {
            headers::tell_key(&mut told, key);
        }
        headers::describe_source(&mut told, source, asked, as_of, now);
        headers::describe_timing(&mut told, &served.attempts, Some(took));
        let mut response = match body {
            Body::Item(data) => {
                let etag = preconditions::etag(data.version);
                ([(header::ETAG, etag)], Json(ItemAnswer { data, served })).into_response()
            }
            Body::Page(data) => Json(PageAnswer { data, served }).into_response(),
            Body::Deleted { .. } => StatusCode::NO_CONTENT.into_response(),
        };
        response.headers_mut().extend(told);
        response
    }
}

/// What the client is told about the result of the call path.
pub(super) fn answered(
    app: &App,
    result: Result<Reply, PathError>,
    attempt_log: &AttemptLog,
    key: Option<IdempotencyKey>,
) -> Result<Answered, Problem> {
    let circuit = app.circuits.retry.known();
    // An override may last for a day, and be taken back before.
    let longest = app.circuits.retry.policy().open_for_max;
    // The database's own circuit may stay open for longer than the one around the functions.
    let until_database_answers = |setback: Option<Setback>| {
        let open_until = setback.and_then(Setback::open_until);
        let inner = open_until.and_then(|until| (until - app.now()).to_std().ok());
        until_calls_pass(&circuit).max(inner.unwrap_or_default().min(longest))
    };
    let change = key.is_some().then(|| {
        if attempt_log.nothing_was_done() {
            Change::NotMade
        } else {
            Change::Unknown
        }
    });
    match result {
        Ok(Reply::Served(reply)) => {
            let served = Served {
                source: reply.source,
                degraded: reply.source.is_degraded(),
                as_of: reply.as_of,
                circuit: as_met(circuit.record.effective_state(circuit.now)),
                attempts: attempt_log.attempts(),
            };
            Ok(Answered {
                body: reply.body,
                served,
                key,
                now: app.now(),
                took: attempt_log.elapsed(),
                wait: until_database_answers(reply.setback),
            })
        }
        Ok(Reply::Refused(refusal)) => Err(refused(&refusal)),
        Ok(Reply::Unavailable(unavailable)) => {
            tracing::warn!(reason = unavailable.reason, "unavailable");
            Err(match unavailable.dependency {
                Dependency::Time => no_time(change),
                Dependency::Database | Dependency::Cache | Dependency::NothingCached => {
                    let wait = until_database_answers(unavailable.setback);
                    in_trouble(wait, change, inner_cause(unavailable.setback))
                }
            })
        }
        Err(error) => {
            tracing::warn!(%error, "no reply");
            Err(failed(&circuit, longest, &error, change))
        }
    }
}

/// An operator's override, in terms of what calls meet.
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
    change: Option<Change>,
) -> Problem {
    match error {
        PathError::Rejected(rejection) => {
            let wait = rejection.retry_at.since(circuit.now).min(longest);
            in_trouble(wait, change, &rejection.to_string())
        }
        PathError::DeadlineExceeded => no_time(change),
        PathError::Inner(cause) if cause.never_ran() => {
            let told = cause.throttle().map(Throttle::wait);
            let wait = until_calls_pass(circuit).max(told.unwrap_or_default().min(longest));
            let cause = match told {
                Some(_) => "the service has as many requests under way as it may have",
                None => "it was never carried out",
            };
            in_trouble(wait, change, cause)
        }
        PathError::Inner(_) | PathError::ProbeTimedOut => {
            in_trouble(until_calls_pass(circuit), change, NO_DATABASE)
        }
    }
}

/// If the circuit has opened over this, calls are refused until then.
fn until_calls_pass(circuit: &Snapshot) -> Duration {
    match circuit.record.phase {
        Phase::Open { until, .. } => until.since(circuit.now),
        Phase::Closed { .. } | Phase::HalfOpen { .. } => Duration::from_secs(1),
    }
}

const IN_DOUBT: &str =
    "The change may or may not have been made; repeat it with the Idempotency-Key of this answer.";

fn no_time(change: Option<Change>) -> Problem {
    let detail = match change {
        Some(Change::Unknown) => IN_DOUBT,
        Some(Change::NotMade) => {
            "The request took too long and changed nothing; it can be repeated."
        }
        None => "The request took too long; it can be repeated.",
    };
    with(change, Problem::deadline_exceeded(detail))
}

const UNDECIDED: &str = "Whether If-Match holds is for the database to say, which gives no answer; \
                         without If-Match the last known version can be read.";

const NO_DATABASE: &str = "the database cannot be reached";

/// Why the database has no answer, as its own circuit says.
fn inner_cause(setback: Option<Setback>) -> &'static str {
    match setback {
        Some(Setback::Open { .. } | Setback::Recovering) => {
            "the database's circuit does not let it through"
        }
        Some(Setback::Failed { .. } | Setback::CutShort) | None => NO_DATABASE,
    }
}

fn in_trouble(wait: Duration, change: Option<Change>, cause: &str) -> Problem {
    let detail = match change {
        Some(Change::Unknown) => IN_DOUBT.to_owned(),
        Some(Change::NotMade) => {
            format!("This request changed nothing, because {cause}; it can be repeated.")
        }
        None => format!("There is no answer, because {cause} and the cache has none."),
    };
    with(change, Problem::unavailable(detail, wait))
}

fn with(change: Option<Change>, problem: Problem) -> Problem {
    match change {
        Some(change) => problem.with_change(change),
        None => problem,
    }
}
