//! The HTTP API: routes, what comes in, what goes out.

mod admission;
mod body;
mod circuits;
mod documented;
mod faults;
mod headers;
mod health;
mod items;
mod json;
mod mistakes;
pub mod openapi;
mod parameters;
mod preconditions;
mod problem;
mod request_id;

use std::sync::Arc;

use axum::{Router, http::Uri, middleware, routing::get};
use lambda_kit::{
    circuits::Store,
    clock::{Clock, SystemClock},
    config::Stage,
};

use self::problem::Problem;
use crate::{
    access::SignIn,
    faults::FaultWatch,
    path::{Circuits, Path, Timeouts},
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
    pub timeouts: Timeouts,
    /// Which deployment this is.
    pub stage: Stage,
    /// Who may do what.
    pub sign_in: SignIn,
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
        .route("/circuits/{name}/trail", get(circuits::trail))
        .route(
            "/circuits/{name}/override",
            axum::routing::put(circuits::place_override).delete(circuits::withdraw_override),
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
        .layer(middleware::from_fn_with_state(
            app.clone(),
            admission::admit,
        ))
        .layer(middleware::from_fn(admission::refuse_unfit))
        .layer(middleware::from_fn(request_id::carry))
        .with_state(app)
}

async fn unknown_route(uri: Uri) -> Problem {
    Problem::unknown_route(uri.path())
}
