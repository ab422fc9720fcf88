//! `/circuits`: what the breaker knows, and what operators may order.

mod description;
mod evidence;
mod order;

use std::str::FromStr;

use axum::{
    Json,
    body::Body,
    extract::{Path, Query as AxumQuery, State},
    http::{HeaderMap, StatusCode},
};
use breaker_core::{Breaker, Epoch, StoreError};
use lambda_kit::circuits::Store;

pub(super) use self::{
    description::{Circuit, CircuitEvents, CircuitList},
    order::OrderRequest,
};
use super::{
    App, body,
    documented::{BodyMistake, Mistake, NotFound, Trouble},
    parameters::{Pairs, Query},
    problem::Problem,
};

/// The most events in one answer.
const EVENTS_LIMIT: u16 = 100;

/// Every circuit.
#[utoipa::path(get, path = "/circuits", operation_id = "list_circuits", tag = "circuits",
    responses(
        (status = 200, description = "Every circuit.", body = CircuitList),
        Trouble,
    ))]
pub(super) async fn list(State(app): State<App>) -> Result<Json<CircuitList>, Problem> {
    let mut circuits = Vec::new();
    for breaker in app.circuits.all() {
        circuits.push(inspect(breaker).await?);
    }
    Ok(Json(CircuitList { circuits }))
}

/// One circuit: its state, its evidence, its policy.
#[utoipa::path(get, path = "/circuits/{name}", operation_id = "read_circuit", tag = "circuits",
    params(("name" = String, Path, description = "The circuit.")),
    responses(
        (status = 200, description = "The circuit.", body = Circuit),
        Mistake, NotFound, Trouble,
    ))]
pub(super) async fn read(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<Circuit>, Problem> {
    Ok(Json(inspect(find(&app, &name)?).await?))
}

/// A circuit's transitions after an epoch, newest last.
#[utoipa::path(get, path = "/circuits/{name}/events", operation_id = "list_circuit_events", tag = "circuits",
    params(
        ("name" = String, Path, description = "The circuit."),
        ("since" = Option<u64>, Query,
            description = "Only transitions after this epoch; next_since of the answer before."),
    ),
    responses(
        (status = 200, description = "At most 100 transitions.", body = CircuitEvents),
        Mistake, NotFound, Trouble,
    ))]
pub(super) async fn events(
    State(app): State<App>,
    Path(name): Path<String>,
    AxumQuery(pairs): AxumQuery<Pairs>,
) -> Result<Json<CircuitEvents>, Problem> {
    let breaker = find(&app, &name)?;
    let mut query = Query::new(pairs, &["since"]);
    let since = query.get::<Since>("since");
    query.finish()?;
    let Since(since) = since.unwrap_or(Since(Epoch(0)));
    let events = breaker
        .events(since, EVENTS_LIMIT)
        .await
        .map_err(|e| trouble(&e))?;
    Ok(Json(CircuitEvents::new(since, events)))
}

/// An operator's order, which stands above the rules until it expires.
#[utoipa::path(put, path = "/circuits/{name}/override", operation_id = "give_override", tag = "circuits",
    params(("name" = String, Path, description = "The circuit.")),
    request_body = OrderRequest,
    responses(
        (status = 200, description = "The circuit under the order.", body = Circuit),
        Mistake, NotFound, BodyMistake, Trouble,
    ))]
pub(super) async fn give_order(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Circuit>, Problem> {
    let breaker = find(&app, &name)?;
    let document = body::json(&headers, body).await?;
    let request = OrderRequest::parse(&document).map_err(Problem::invalid_item)?;
    let order = request.into_override(breaker.known().now);
    let actor = order.actor.clone();
    let snapshot = breaker
        .order(Some(order), &actor)
        .await
        .map_err(|e| trouble(&e))?;
    Ok(Json(Circuit::new(breaker, &snapshot)))
}

/// Takes an order back; without one, nothing happens.
#[utoipa::path(delete, path = "/circuits/{name}/override", operation_id = "withdraw_override", tag = "circuits",
    params(("name" = String, Path, description = "The circuit.")),
    responses(
        (status = 204, description = "No order stands."),
        Mistake, NotFound, Trouble,
    ))]
pub(super) async fn withdraw_order(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let breaker = find(&app, &name)?;
    let snapshot = breaker.inspect().await.map_err(|e| trouble(&e))?;
    // One that has expired has no effect and needs no taking back.
    if snapshot.record.active_override(snapshot.now).is_some() {
        breaker.order(None, "api").await.map_err(|e| trouble(&e))?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The epoch after which transitions are wanted.
struct Since(Epoch);

/// The description's `int64` has no larger one, and no client need cope with more.
const LAST_EPOCH: u64 = i64::MAX.unsigned_abs();

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let epoch = text.parse().ok().filter(|epoch| *epoch <= LAST_EPOCH);
        let mistake = || format!("must be a whole number from 0 to {LAST_EPOCH}");
        epoch.map(|epoch| Self(Epoch(epoch))).ok_or_else(mistake)
    }
}

fn find<'a>(app: &'a App, name: &str) -> Result<&'a Breaker<Store>, Problem> {
    let all = app.circuits.all();
    let found = all
        .into_iter()
        .find(|breaker| breaker.circuit().as_str() == name);
    found.ok_or_else(|| {
        let known = all.map(|breaker| breaker.circuit().as_str()).join(", ");
        Problem::circuit_not_found(&known)
    })
}

async fn inspect(breaker: &Breaker<Store>) -> Result<Circuit, Problem> {
    let snapshot = breaker.inspect().await.map_err(|e| trouble(&e))?;
    Ok(Circuit::new(breaker, &snapshot))
}

fn trouble(error: &StoreError) -> Problem {
    tracing::warn!(%error, "the circuits' table is in trouble");
    let detail = match error {
        StoreError::NoAnswer(_) | StoreError::Throttled | StoreError::Refused(_) => {
            "The table of the circuits does not answer; calls go on by the last known state."
        }
        StoreError::Conflict(_) | StoreError::Contended => {
            "The circuit moves too fast just now; the order was not placed."
        }
        StoreError::Unreadable(_) => {
            "The circuit's record was written by another version of this service and cannot be \
             understood; it was left as it is."
        }
    };
    Problem::unavailable(detail, std::time::Duration::from_secs(1))
}
