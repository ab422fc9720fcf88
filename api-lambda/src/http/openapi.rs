//! The API's own description, made from the types and handlers themselves.

use axum::Json;
use contract::{FaultTarget, FieldError};
use utoipa::OpenApi;

use super::{circuits, faults, health, items, problem::ProblemBody};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Circuit breaker for AWS",
        description = "Items behind a circuit breaker whose state a whole fleet shares.",
        license(name = "MIT", identifier = "MIT")
    ),
    paths(
        items::list, items::create, items::read, items::replace, items::delete,
        circuits::list, circuits::read, circuits::events,
        circuits::give_order, circuits::withdraw_order,
        faults::list, faults::put, faults::end, faults::end_all,
        health::read, read,
    ),
    components(schemas(ProblemBody, FieldError, FaultTarget)),
    tags(
        (name = "items", description = "Things that are kept"),
        (name = "circuits", description = "The breaker's own state"),
        (name = "faults", description = "Trouble on request, where the stage allows it"),
        (name = "service", description = "About this API"),
    )
)]
struct Api;

/// The OpenAPI 3.1 document as indented JSON.
///
/// # Errors
///
/// If it cannot be written as JSON, which no valid description causes.
pub fn document() -> serde_json::Result<String> {
    Api::openapi().to_pretty_json()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "read_openapi", tag = "service",
    responses((status = 200, description = "The OpenAPI 3.1 document.", body = serde_json::Value)))]
pub(super) async fn read() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
