//! The HTTP API: routes, what comes in, what goes out.

mod body;
mod circuits;
mod documented;
mod faults;
mod headers;
mod health;
mod items;
mod mistakes;
pub mod openapi;
mod parameters;
mod preconditions;
mod problem;
mod request_id;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::Uri,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use lambda_http::RequestExt;
use lambda_kit::{
    circuits::Store,
    clock::{Clock, SystemClock},
    config::Stage,
};

use self::problem::Problem;
use crate::{
    faults::FaultWatch,
    path::{Circuits, Path, Patience},
};

/// What handlers share.
#[derive(Clone)]
pub struct App {
    /// The call path to the other Lambdas.
    pub path: Path,
    /// The circuits on that path.
    pub circuits: Circuits<Store>,
    /// Faults that somebody asked for.
    pub faults: FaultWatch,
    /// How long requests may take.
    pub patience: Patience,
    /// Which deployment this is.
    pub stage: Stage,
    /// What tells the time.
    pub clock: Arc<SystemClock>,
}

impl App {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now()
    }
}

/// All routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/items", get(items::list).post(items::create))
        .route(
            "/items/{id}",
            get(items::read).put(items::replace).delete(items::delete),
        )
        .route("/circuits", get(circuits::list))
        .route("/circuits/{name}", get(circuits::read))
        .route("/circuits/{name}/events", get(circuits::events))
        .route(
            "/circuits/{name}/override",
            axum::routing::put(circuits::give_order).delete(circuits::withdraw_order),
        )
        .route("/faults", get(faults::list).delete(faults::end_all))
        .route(
            "/faults/{target}",
            axum::routing::put(faults::put).delete(faults::end),
        )
        .route("/health", get(health::read))
        .route("/openapi.json", get(openapi::read))
        .fallback(unknown_route)
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(middleware::from_fn(whole_path))
        .layer(middleware::from_fn(request_id::carry))
        .with_state(app)
}

/// API Gateway decodes the path, and the URI that `lambda_http` makes of it ends at the
/// first `?` or `#` that was encoded: `/items/{id}%3Fx` would be taken for the item. No
/// route has either character.
async fn whole_path(request: Request, next: Next) -> Response {
    let path = request.raw_http_path();
    if path.contains(['?', '#']) {
        return Problem::unknown_route(path).into_response();
    }
    next.run(request).await
}

async fn unknown_route(uri: Uri) -> Problem {
    Problem::unknown_route(uri.path())
}
