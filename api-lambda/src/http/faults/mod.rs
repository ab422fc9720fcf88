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
    documented::{BodyMistake, FaultsRefused, Mistake, NotFound, Trouble},
    problem::Problem,
};
use crate::faults::FaultChange;

/// Every fault in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FaultList {
    /// Whether this deployment lets anybody inject faults.
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

/// Every fault in force; none where they are refused.
#[utoipa::path(get, path = "/faults", operation_id = "list_faults", tag = "faults",
    responses(
        (status = 200, description = "Every fault in force.", body = FaultList),
        Trouble,
    ))]
pub(super) async fn list(State(app): State<App>) -> Result<Json<FaultList>, Problem> {
    let Ok(table) = app.faults.table() else {
        return Ok(Json(FaultList::new(&app, Faults::default())));
    };
    let faults = within(table.load()).await?;
    app.faults.learn(faults.clone());
    Ok(Json(FaultList::new(&app, faults)))
}

/// Gives a target a fault, in place of what it had.
///
/// Every execution environment honours it within two seconds.
#[utoipa::path(put, path = "/faults/{target}", operation_id = "put_fault", tag = "faults",
    params(("target" = FaultTarget, Path, description = "What is struck.")),
    request_body = FaultRequest,
    responses(
        (status = 200, description = "Every fault in force now.", body = FaultList),
        Mistake, NotFound, BodyMistake, FaultsRefused, Trouble,
    ))]
pub(super) async fn put(
    State(app): State<App>,
    Path(target): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<FaultList>, Problem> {
    let target = known(&target)?;
    let document = body::json(&headers, body).await?;
    let request = FaultRequest::parse(&document).map_err(Problem::invalid_item)?;
    let fault = request.into_fault(app.now());
    let faults = make(&app, FaultChange::Put(target, fault)).await?;
    Ok(Json(FaultList::new(&app, faults)))
}

/// Ends the fault of a target; without one, nothing happens.
#[utoipa::path(delete, path = "/faults/{target}", operation_id = "end_fault", tag = "faults",
    params(("target" = FaultTarget, Path, description = "What is struck.")),
    responses(
        (status = 204, description = "The target has no fault."),
        Mistake, NotFound, FaultsRefused, Trouble,
    ))]
pub(super) async fn end(
    State(app): State<App>,
    Path(target): Path<String>,
) -> Result<StatusCode, Problem> {
    let target = known(&target)?;
    make(&app, FaultChange::End(target)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all faults.
#[utoipa::path(delete, path = "/faults", operation_id = "end_all_faults", tag = "faults",
    responses(
        (status = 204, description = "There is no fault."),
        FaultsRefused, Trouble,
    ))]
pub(super) async fn end_all(State(app): State<App>) -> Result<StatusCode, Problem> {
    make(&app, FaultChange::EndAll).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn known(target: &str) -> Result<FaultTarget, Problem> {
    target
        .parse()
        .map_err(|_| Problem::fault_target_not_found())
}

async fn make(app: &App, change: FaultChange) -> Result<Faults, Problem> {
    let table = app.faults.table();
    let table = table.map_err(|_| Problem::faults_refused(app.stage))?;
    let faults = within(table.change(change)).await?;
    tracing::warn!(?change, "faults changed");
    app.faults.learn(faults.clone());
    Ok(faults)
}

async fn within<T, E: std::error::Error + 'static>(
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, Problem> {
    let problem = || {
        let detail = "The table of the faults does not answer; ask which faults are in force \
                      before you go on.";
        Problem::unavailable(detail, Duration::from_secs(1))
    };
    match tokio::time::timeout(Duration::from_secs(2), asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::warn!(error = %lambda_kit::telemetry::Causes(&error), "faults' table fails");
            Err(problem())
        }
        Err(_) => Err(problem()),
    }
}
