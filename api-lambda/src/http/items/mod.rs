//! `/items`.

mod answer;

use axum::{
    body::Body,
    extract::{Extension, Path, Query as AxumQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use contract::{Body as ReplyBody, Command, Cursor, ItemDraft, PageLimit, Read, Write};
use uuid::Uuid;

use self::answer::{Answered, answered};
pub(super) use self::answer::{CircuitStateName, ItemAnswer, PageAnswer};
use super::{
    App, body,
    documented::{
        BodyMistake, Conditional, KeyReused, Mistake, NotFound, Outdated, QueryTooLong, Repeatable,
        StillUnderWay, Trouble,
    },
    headers,
    parameters::{Pairs, Query, all, both, item_id},
    preconditions,
    problem::Problem,
    request_id::RequestId,
};
use crate::{
    path::{self, Call},
    telemetry::count_attempts,
};

/// List items.
///
/// The newest come first. A page that does not end the list says where the next one begins,
/// in `next_cursor` and in the header Link. During an outage the answer may come from the
/// cache; `served` says so.
#[utoipa::path(get, path = "/items", operation_id = "list_items", tag = "items",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100,
            description = "The most items wanted; 20 if left out."),
        ("cursor" = Option<String>, Query, format = "cursor",
            description = "`next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of items.", body = PageAnswer,
            headers(("Link" = Option<String>, description = "rel=next: the next page, if there is one.")),
            links(("next_page" = (operation_id = "list_items",
                parameters(("cursor" = "$response.body#/data/next_cursor")))))),
        Mistake, QueryTooLong, Trouble,
    ))]
pub(super) async fn list(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    AxumQuery(pairs): AxumQuery<Pairs>,
) -> Result<Response, Problem> {
    let mut query = Query::new(pairs, &["limit", "cursor"]);
    let limit = query.get::<PageLimit>("limit");
    let cursor = query.get::<Cursor>("cursor");
    query.finish()?;
    let limit = limit.unwrap_or_default();
    let read = Read::List { limit, cursor };
    let answered = ask(&app, request_id, Command::Read(read)).await?;
    let next = match &answered.body {
        ReplyBody::Page(page) => page.next_cursor,
        ReplyBody::Item(_) | ReplyBody::Deleted { .. } => return Err(Problem::internal()),
    };
    let mut response = answered.into_response();
    if let Some(cursor) = next {
        headers::link_next(response.headers_mut(), limit, cursor);
    }
    Ok(response)
}

/// Read an item.
///
/// During an outage the answer may come from the cache; `served` says so, and how old it is.
#[utoipa::path(get, path = "/items/{id}", operation_id = "read_item", tag = "items",
    params(
        ("id" = Uuid, Path, description = "The item: a UUID in lower case with hyphens.",
            pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        Conditional,
    ),
    responses(
        (status = 200, description = "The item.", body = ItemAnswer,
            headers(("ETag" = String, description = "The item's version.")),
            links(
                ("confirm" = (operation_id = "read_item",
                    parameters(("id" = "$response.body#/data/id"), ("If-None-Match" = "$response.header.ETag")))),
                ("replace_it" = (operation_id = "replace_item",
                    parameters(("id" = "$response.body#/data/id"), ("If-Match" = "$response.header.ETag")))),
                ("delete_it" = (operation_id = "delete_item",
                    parameters(("id" = "$response.body#/data/id"), ("If-Match" = "$response.header.ETag")))))),
        (status = 304, description = "The client has this version, and the answer is not degraded.",
            headers(("ETag" = String, description = "The item's version."))),
        Mistake, NotFound, Outdated, Trouble,
    ))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (id, conditions) = both(item_id(&id), preconditions::read(&headers))?;
    let answered = ask(&app, request_id, Command::Read(Read::Get { id })).await?;
    answered.under(&conditions)
}

/// Create an item.
///
/// Send an `Idempotency-Key`, and repeating the request is safe: it creates one item.
#[utoipa::path(post, path = "/items", operation_id = "create_item", tag = "items",
    params(Repeatable),
    request_body = ItemDraft,
    responses(
        (status = 201, description = "The item as it was created.", body = ItemAnswer,
            headers(("ETag" = String, description = "The item's version."),
                ("Location" = String, description = "Where the item is.")),
            links(
                ("read_again" = (operation_id = "read_item",
                    parameters(("id" = "$response.body#/data/id"), ("If-None-Match" = "$response.header.ETag")))),
                ("replace_it" = (operation_id = "replace_item",
                    parameters(("id" = "$response.body#/data/id"), ("If-Match" = "$response.header.ETag")))),
                ("delete_it" = (operation_id = "delete_item",
                    parameters(("id" = "$response.body#/data/id"), ("If-Match" = "$response.header.ETag")))))),
        Mistake, Outdated, BodyMistake, KeyReused, StillUnderWay, Trouble,
    ))]
pub(super) async fn create(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let idempotency_key =
        headers::idempotency_key(&headers).map_err(Problem::invalid_parameters)?;
    let draft = draft(&headers, body).await?;
    preconditions::of_resource_without_etag(&headers)?;
    let write = Write::Create {
        id: Uuid::now_v7(),
        draft,
    };
    let answered = ask(
        &app,
        request_id,
        Command::Write {
            idempotency_key,
            write,
        },
    )
    .await?;
    let location = match &answered.body {
        ReplyBody::Item(item) => format!("/items/{}", item.id),
        ReplyBody::Page(_) | ReplyBody::Deleted { .. } => return Err(Problem::internal()),
    };
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        answered,
    )
        .into_response())
}

/// Replace an item.
///
/// What is left out of the document gets its default. With `If-Match`, a change that somebody
/// else has made since is not overwritten.
#[utoipa::path(put, path = "/items/{id}", operation_id = "replace_item", tag = "items",
    params(
        ("id" = Uuid, Path, description = "The item: a UUID in lower case with hyphens.",
            pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        Conditional,
        Repeatable,
    ),
    request_body = ItemDraft,
    responses(
        (status = 200, description = "The item as it is now.", body = ItemAnswer,
            headers(("ETag" = String, description = "The item's version."))),
        Mistake, NotFound, Outdated, BodyMistake, KeyReused, StillUnderWay, Trouble,
    ))]
pub(super) async fn replace(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (id, conditions, idempotency_key) = all(
        item_id(&id),
        preconditions::read(&headers),
        headers::idempotency_key(&headers),
    )?;
    let draft = draft(&headers, body).await?;
    let write = Write::Replace {
        id,
        draft,
        expected: conditions.of_write(),
    };
    let answered = ask(
        &app,
        request_id,
        Command::Write {
            idempotency_key,
            write,
        },
    )
    .await?;
    Ok(answered.into_response())
}

/// Delete an item.
///
/// With `If-Match`, a version that the client has not seen is not deleted.
#[utoipa::path(delete, path = "/items/{id}", operation_id = "delete_item", tag = "items",
    params(
        ("id" = Uuid, Path, description = "The item: a UUID in lower case with hyphens.",
            pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        Conditional,
        Repeatable,
    ),
    responses(
        (status = 204, description = "The item is gone."),
        Mistake, NotFound, Outdated, KeyReused, StillUnderWay, Trouble,
    ))]
pub(super) async fn delete(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (id, conditions, idempotency_key) = all(
        item_id(&id),
        preconditions::read(&headers),
        headers::idempotency_key(&headers),
    )?;
    let write = Write::Delete {
        id,
        expected: conditions.of_write(),
    };
    let answered = ask(
        &app,
        request_id,
        Command::Write {
            idempotency_key,
            write,
        },
    )
    .await?;
    Ok(answered.into_response())
}

async fn draft(headers: &HeaderMap, body: Body) -> Result<ItemDraft, Problem> {
    let document = body::json(headers, body).await?;
    document
        .parse(ItemDraft::parse)
        .map_err(Problem::invalid_item)
}

/// Sends a command down the call path and says what came of it.
async fn ask(
    app: &App,
    RequestId(request_id): RequestId,
    command: Command,
) -> Result<Answered, Problem> {
    let key = match &command {
        Command::Read(_) => None,
        Command::Write {
            idempotency_key, ..
        } => Some(idempotency_key.clone()),
    };
    let faults = app.faults.current().await;
    let call = Call::begin(request_id, command, faults, app.timeouts, app.now());
    let attempt_log = call.attempt_log.clone();
    let result = path::send(&app.path, call).await;
    attempt_log.look(count_attempts);
    answered(app, result, &attempt_log, key.clone()).map_err(|problem| {
        let problem = problem.after(attempt_log.attempts());
        match key {
            Some(key) => problem.about(key),
            None => problem,
        }
    })
}
