//! `/circuits`: what the breaker knows, and what operators may override.

mod description;
mod evidence;
mod override_request;

use std::{str::FromStr, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{Path, Query as AxumQuery, State},
    http::{HeaderMap, StatusCode},
};
use breaker_core::{Breaker, Epoch, StoreError};
use contract::decimal;
use lambda_kit::circuits::Store;

pub(super) use self::{
    description::{Circuit, CircuitEvents, CircuitList},
    override_request::OverrideRequest,
};
use super::{
    App, body,
    documented::{
        BodyMistake, Mistake, NotFound, OperatorsOnly, Outdated, QueryTooLong, SignInRequired,
        Trouble,
    },
    parameters::{Pairs, Query},
    preconditions,
    problem::{Change, Problem},
};
use crate::access::{Audience, Caller};

/// The most events in one answer.
const EVENTS_LIMIT: u16 = 100;

/// When to come back after the circuits' table had no answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// List the circuits.
///
/// The circuits are read at the same time. Those whose state cannot be read stand in
/// `unavailable`; only if none can be read is the whole answer 503.
#[utoipa::path(get, path = "/circuits", operation_id = "list_circuits", tag = "circuits",
    responses(
        (status = 200, description = "Every circuit that could be read, and the names of the others.",
            body = CircuitList),
        Trouble,
    ))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<CircuitList>, Problem> {
    let audience = app.sign_in.audience(&caller);
    let [retry, fallback, database, cache] = app.circuits.all();
    let read = tokio::join!(
        inspect(retry, audience),
        inspect(fallback, audience),
        inspect(database, audience),
        inspect(cache, audience)
    );
    let names = app.circuits.all().map(|breaker| breaker.circuit().as_str());
    let read = [read.0, read.1, read.2, read.3];
    CircuitList::new(names.into_iter().zip(read)).map(Json)
}

/// Read a circuit.
///
/// The answer has its state, its evidence and its policy. It is read from the circuits' table
/// and not from what this process knows.
#[utoipa::path(get, path = "/circuits/{name}", operation_id = "read_circuit", tag = "circuits",
    params(("name" = String, Path, description = "The circuit.")),
    responses(
        (status = 200, description = "The circuit.", body = Circuit),
        Mistake, NotFound, Trouble,
    ))]
pub(super) async fn read(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Json<Circuit>, Problem> {
    let audience = app.sign_in.audience(&caller);
    Ok(Json(inspect(find(&app, &name)?, audience).await?))
}

/// List a circuit's transitions.
///
/// They are those after an epoch, newest last: pass `next_since` of one answer as `since` of
/// the next request. Where the stage has sign-in, they leave out what operators have written.
#[utoipa::path(get, path = "/circuits/{name}/events", operation_id = "list_circuit_events", tag = "circuits",
    params(
        ("name" = String, Path, description = "The circuit."),
        ("since" = Option<u64>, Query,
            description = "Only transitions after this epoch; `next_since` of the answer before."),
    ),
    responses(
        (status = 200, description = "At most 100 transitions.", body = CircuitEvents),
        Mistake, NotFound, QueryTooLong, Trouble,
    ))]
pub(super) async fn events(
    State(app): State<App>,
    Path(name): Path<String>,
    AxumQuery(pairs): AxumQuery<Pairs>,
    caller: Caller,
) -> Result<Json<CircuitEvents>, Problem> {
    let audience = app.sign_in.audience(&caller);
    transitions(&app, &name, pairs, audience).await
}

/// A circuit's audit trail: its transitions, with the operators' reasons and names.
///
/// In a stage with sign-in this is for operators.
#[utoipa::path(get, path = "/circuits/{name}/trail", operation_id = "read_circuit_trail", tag = "circuits",
    params(
        ("name" = String, Path, description = "The circuit."),
        ("since" = Option<u64>, Query,
            description = "Only transitions after this epoch; next_since of the answer before."),
    ),
    responses(
        (status = 200, description = "At most 100 transitions.", body = CircuitEvents),
        Mistake, SignInRequired, OperatorsOnly, NotFound, QueryTooLong, Trouble,
    ))]
pub(super) async fn trail(
    State(app): State<App>,
    Path(name): Path<String>,
    AxumQuery(pairs): AxumQuery<Pairs>,
) -> Result<Json<CircuitEvents>, Problem> {
    transitions(&app, &name, pairs, Audience::Operators).await
}

async fn transitions(
    app: &App,
    name: &str,
    pairs: Pairs,
    audience: Audience,
) -> Result<Json<CircuitEvents>, Problem> {
    let breaker = find(app, name)?;
    let mut query = Query::new(pairs, &["since"]);
    let since = query.get::<Since>("since");
    query.finish()?;
    let Since(since) = since.unwrap_or(Since(Epoch(0)));
    let events = breaker
        .events(since, EVENTS_LIMIT)
        .await
        .map_err(|error| unread(&error))?;
    Ok(Json(CircuitEvents::new(since, events, audience)))
}

/// Place an override.
///
/// It stands above the rules of the circuit until it expires, is withdrawn or is replaced.
#[utoipa::path(put, path = "/circuits/{name}/override", operation_id = "give_override", tag = "circuits",
    params(("name" = String, Path, description = "The circuit.")),
    request_body = OverrideRequest,
    responses(
        (status = 200, description = "The circuit under the override.", body = Circuit),
        Mistake, SignInRequired, OperatorsOnly, NotFound, Outdated, BodyMistake, Trouble,
    ))]
pub(super) async fn place_override(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Circuit>, Problem> {
    let breaker = find(&app, &name)?;
    let document = body::json(&headers, body).await?;
    let request = document
        .parse(OverrideRequest::parse)
        .map_err(Problem::invalid_override)?;
    preconditions::of_resource_without_etag(&headers)?;
    let placed = request.into_override(&caller, breaker.known().now);
    let snapshot = breaker
        .place_override(placed)
        .await
        .map_err(|error| not_overridden(&error))?;
    let audience = app.sign_in.audience(&caller);
    Ok(Json(Circuit::new(breaker, &snapshot, audience)))
}

/// Withdraw an override.
///
/// If none is in force, nothing happens.
#[utoipa::path(delete, path = "/circuits/{name}/override", operation_id = "withdraw_override", tag = "circuits",
    params(("name" = String, Path, description = "The circuit.")),
    responses(
        (status = 204, description = "No override is in force."),
        Mistake, SignInRequired, OperatorsOnly, NotFound, Outdated, Trouble,
    ))]
pub(super) async fn withdraw_override(
    State(app): State<App>,
    Path(name): Path<String>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let breaker = find(&app, &name)?;
    preconditions::of_resource_without_etag(&headers)?;
    let snapshot = breaker.inspect().await;
    let snapshot = snapshot.map_err(|error| unread(&error).with_change(Change::NotMade))?;
    // One that has expired has no effect and needs no taking back.
    if snapshot.record.active_override(snapshot.now).is_some() {
        let actor = caller.actor(None);
        breaker
            .withdraw_override(&actor)
            .await
            .map_err(|error| not_overridden(&error))?;
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
        let epoch = decimal(text).filter(|epoch| *epoch <= LAST_EPOCH);
        let mistake = || {
            format!(
                "must be a whole number from 0 to {LAST_EPOCH}, without a sign or leading zeros"
            )
        };
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

async fn inspect(breaker: &Breaker<Store>, audience: Audience) -> Result<Circuit, Problem> {
    let snapshot = breaker.inspect().await.map_err(|error| unread(&error))?;
    Ok(Circuit::new(breaker, &snapshot, audience))
}

/// What cannot be read, and why.
fn unread(error: &StoreError) -> Problem {
    tracing::warn!(%error, "a circuit cannot be read");
    Problem::unavailable(cause(error), RETRY_AFTER)
}

/// What became of an override that has no answer.
fn not_overridden(error: &StoreError) -> Problem {
    tracing::warn!(%error, "an override was not placed, or that is not known");
    let cause = cause(error);
    if error.had_no_effect() {
        let detail = format!("{cause} Nothing was changed.");
        Problem::unavailable(detail, RETRY_AFTER).with_change(Change::NotMade)
    } else {
        let detail = format!(
            "{cause} The change may or may not have been made; read the circuit before you repeat \
             the request."
        );
        Problem::unavailable(detail, RETRY_AFTER).with_change(Change::Unknown)
    }
}

fn cause(error: &StoreError) -> &'static str {
    match error {
        StoreError::NoAnswer(_) | StoreError::Refused(_) => {
            "The table of the circuits does not answer; calls go on by the last known state."
        }
        StoreError::Throttled => "The table of the circuits has no capacity left for now.",
        StoreError::Conflict(_) | StoreError::Contended => {
            "The circuit's record changes too fast for now."
        }
        StoreError::Unreadable(_) => {
            "The circuit's record was written by another version of this service and cannot be \
             understood."
        }
    }
}
