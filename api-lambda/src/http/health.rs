//! Whether this function answers at all.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;

/// The function is up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"status": "ok", "stage": "local"})))]
pub(super) struct Health {
    /// Always `ok`: dependencies have their own circuits.
    status: &'static str,
    /// The deployment.
    stage: &'static str,
}

/// Check that the function is up.
///
/// It answers without asking anything else.
#[utoipa::path(get, path = "/health", operation_id = "read_health", tag = "service",
    responses((status = 200, description = "The function is up.", body = Health)))]
pub(super) async fn read(State(app): State<App>) -> Json<Health> {
    Json(Health {
        status: "ok",
        stage: app.stage.as_str(),
    })
}
