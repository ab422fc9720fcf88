//! `/faults`: trouble on request, where the stage allows it.

mod request;

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use chrono::{DateTime, Utc};
use contract::{FaultKind, FaultTarget, Faults};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::request::{FaultKindName, FaultRequest};
use super::{
    App, body,
    documented::{
        BodyMistake, FaultsRefused, Mistake, NotFound, Outdated, SignInRequired, Trouble,
    },
    preconditions,
    problem::{Change, Problem},
};
use crate::{
    access::Caller,
    faults::{FaultChange, FaultTableError},
};

/// Every fault in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"allowed": true, "faults": {"cache": {
    "kind": "latency", "latency_ms": 250, "rate": 0.5, "expires_at": "2026-11-30T12:01:00Z"
}}})))]
pub(super) struct FaultList {
    /// Whether the stage allows faults.
    allowed: bool,
    /// The faults by what they strike.
    faults: BTreeMap<FaultTarget, FaultDescription>,
}

/// A fault in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
pub(super) struct FaultDescription {
    /// What it does.
    kind: FaultKindName,
    /// By how many milliseconds it delays; null unless the kind is latency.
    #[schema(required, minimum = 1, maximum = 30000)]
    latency_ms: Option<u32>,
    /// The share of operations that it strikes.
    #[schema(exclusive_minimum = 0, maximum = 1)]
    rate: f64,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
}

impl FaultList {
    fn new(app: &App, faults: Faults) -> Self {
        let describe = |(target, fault): (FaultTarget, contract::Fault)| {
            let latency_ms = match fault.kind {
                FaultKind::Latency { latency_ms } => Some(latency_ms),
                FaultKind::Error | FaultKind::Hang | FaultKind::Crash => None,
            };
            let description = FaultDescription {
                kind: fault.kind.into(),
                latency_ms,
                rate: fault.rate.into(),
                expires_at: fault.expires,
            };
            (target, description)
        };
        let in_force = faults.in_force(app.now());
        Self {
            allowed: app.faults.is_allowed(),
            faults: in_force.0.into_iter().map(describe).collect(),
        }
    }
}

/// List the faults in force.
///
/// Where the stage does not allow faults, there are none.
#[utoipa::path(get, path = "/faults", operation_id = "list_faults", tag = "faults",
    responses(
        (status = 200, description = "Every fault in force.", body = FaultList),
        Trouble,
    ))]
pub(super) async fn list(State(app): State<App>) -> Result<Json<FaultList>, Problem> {
    let Ok(table) = app.faults.table() else {
        return Ok(Json(FaultList::new(&app, Faults::default())));
    };
    let faults = within(table.load()).await.map_err(unread)?;
    app.faults.learn(faults.clone());
    Ok(Json(FaultList::new(&app, faults)))
}

/// Inject a fault.
///
/// It replaces the fault that the target had.
///
/// Every execution environment honours it within two seconds.
#[utoipa::path(put, path = "/faults/{target}", operation_id = "put_fault", tag = "faults",
    params(("target" = FaultTarget, Path, description = "What the fault strikes.")),
    request_body = FaultRequest,
    responses(
        (status = 200, description = "Every fault in force now.", body = FaultList),
        Mistake, SignInRequired, NotFound, Outdated, BodyMistake, FaultsRefused, Trouble,
    ))]
pub(super) async fn put(
    State(app): State<App>,
    Path(target): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<FaultList>, Problem> {
    let target = known(&target)?;
    let document = body::json(&headers, body).await?;
    let request = document
        .parse(FaultRequest::parse)
        .map_err(Problem::invalid_fault)?;
    let fault = request.into_fault(app.now());
    let faults = make(&app, &caller, &headers, FaultChange::Put(target, fault)).await?;
    Ok(Json(FaultList::new(&app, faults)))
}

/// End a fault.
///
/// If the target has none, nothing happens.
#[utoipa::path(delete, path = "/faults/{target}", operation_id = "end_fault", tag = "faults",
    params(("target" = FaultTarget, Path, description = "What the fault strikes.")),
    responses(
        (status = 204, description = "The target has no fault."),
        Mistake, SignInRequired, NotFound, Outdated, FaultsRefused, Trouble,
    ))]
pub(super) async fn end(
    State(app): State<App>,
    Path(target): Path<String>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let target = known(&target)?;
    make(&app, &caller, &headers, FaultChange::End(target)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End all faults.
///
/// If there are none, nothing happens.
#[utoipa::path(delete, path = "/faults", operation_id = "end_all_faults", tag = "faults",
    responses(
        (status = 204, description = "There is no fault."),
        Mistake, SignInRequired, Outdated, FaultsRefused, Trouble,
    ))]
pub(super) async fn end_all(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    make(&app, &caller, &headers, FaultChange::EndAll).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn known(target: &str) -> Result<FaultTarget, Problem> {
    target
        .parse()
        .map_err(|_| Problem::fault_target_not_found())
}

async fn make(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    change: FaultChange,
) -> Result<Faults, Problem> {
    let table = app.faults.table();
    let table = table.map_err(|_| Problem::faults_refused(app.stage))?;
    preconditions::of_resource_without_etag(headers)?;
    let faults = within(table.change(change)).await.map_err(unchanged)?;
    tracing::warn!(?change, actor = caller.actor(None), "faults changed");
    app.faults.learn(faults.clone());
    Ok(faults)
}

/// How long the table may take.
const LIMIT: Duration = Duration::from_secs(2);

/// When to come back after it had no answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the table answers, or its failure; `None` if it took too long.
async fn within<T>(
    asked: impl Future<Output = Result<T, FaultTableError>>,
) -> Result<T, Option<FaultTableError>> {
    let answer = tokio::time::timeout(LIMIT, asked).await;
    let answer = answer.map_err(|_| None)?;
    answer.map_err(|error| {
        tracing::warn!(%error, "faults' table fails");
        Some(error)
    })
}

fn unread(_: Option<FaultTableError>) -> Problem {
    Problem::unavailable("The table of the faults does not answer.", RETRY_AFTER)
}

/// What became of a change that has no answer.
fn unchanged(error: Option<FaultTableError>) -> Problem {
    if error.is_some_and(|error| error.had_no_effect()) {
        let detail = "The table of the faults refused the change. Nothing was changed.";
        Problem::unavailable(detail, RETRY_AFTER).with_change(Change::NotMade)
    } else {
        let detail = "The table of the faults does not answer. The change may or may not have been \
                      made; read which faults are in force before you repeat the request.";
        Problem::unavailable(detail, RETRY_AFTER).with_change(Change::Unknown)
    }
}
