//! A process of the fleet: an axum service whose route asks the dependency,
//! behind the breaker, as the guide shows it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use axum::{
    Router,
    error_handling::HandleErrorLayer,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use breaker_core::{
    Breaker, BreakerLayer, CallError, DynamoDbStore, Event, Observer, Outcome, Policy,
};
use tokio::{io::AsyncReadExt as _, net::TcpListener};
use tower::ServiceBuilder;

use crate::{client::Client, table};

pub(crate) const CIRCUIT: &str = "warehouse";

const ENDPOINT: &str = "BUSY_FLEET_ENDPOINT";
const DEPENDENCY: &str = "BUSY_FLEET_DEPENDENCY";

/// What a service is told by the process that starts it.
pub(crate) struct Told {
    endpoint: String,
    dependency: String,
}

impl Told {
    /// `None` in a process that is no service.
    pub(crate) fn by_environment() -> Option<Self> {
        Some(Self {
            endpoint: std::env::var(ENDPOINT).ok()?,
            dependency: std::env::var(DEPENDENCY).ok()?,
        })
    }

    pub(crate) fn environment(endpoint: &str, dependency: &str) -> [(&'static str, String); 2] {
        [
            (ENDPOINT, endpoint.to_owned()),
            (DEPENDENCY, dependency.to_owned()),
        ]
    }
}

/// Counts what happens.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Observer for Heard {
    fn on(&self, _circuit: &str, event: &Event) {
        let what = match event {
            Event::Transitioned { .. } => "transitioned",
            Event::Rejected(_) => "rejected",
            Event::ProbeBegan => "probe_began",
            Event::ProbeEnded { .. } => "probe_ended",
            Event::TrippedLocally { .. } => "tripped_locally",
            Event::StoreFailed(_) => "store_failed",
            Event::StoreRecovered => "store_recovered",
            _ => "new",
        };
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *heard.entry(what).or_default() += 1;
    }
}

/// Serves until its standard input ends; prints its URL first and what its
/// breaker said last.
pub(crate) async fn serve(told: Told) -> Result<()> {
    let heard = Heard::default();
    let store = DynamoDbStore::new(table::client(&told.endpoint), table::NAME);
    let breaker = Breaker::builder(CIRCUIT.parse()?, Policy::default(), store)
        .observer(heard.clone())
        .build()?;
    let client = Client::new();
    let dependency = told.dependency;
    let ask = move || {
        let (client, dependency) = (client.clone(), dependency.clone());
        async move {
            match client.get(&dependency).await {
                Some(StatusCode::OK) => StatusCode::OK,
                Some(_) | None => StatusCode::BAD_GATEWAY,
            }
        }
    };
    let layers = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(refuse))
        .layer(BreakerLayer::new(breaker, classify));
    let app = Router::new().route("/", get(ask)).layer(layers);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    server.abort();
    let heard = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{}", serde_json::to_string(&*heard)?);
    Ok(())
}

fn classify(result: &Result<Response, Infallible>) -> Outcome {
    match result {
        Ok(response) if response.status().is_server_error() => Outcome::Failure,
        Ok(_) => Outcome::Success,
        Err(never) => match *never {},
    }
}

async fn refuse(error: CallError<Infallible>) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()
}
