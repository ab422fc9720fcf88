//! A router whose AWS endpoints nobody listens at.

use std::{net::TcpListener, sync::Arc, time::Duration};

use api_lambda::{
    access::{ItemsFor, SignIn},
    faults::{FaultTable, FaultWatch},
    http::{App, router},
    path::{self, Circuits, RetryLimits, Timeouts},
};
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, HttpClient, Region, SharedHttpClient, retry::RetryConfig,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response},
};
use lambda_kit::{
    circuits::Table, clock::SystemClock, config::Stage, faults::FaultInjection, function::Function,
};
use serde_json::Value;
use tower::ServiceExt;

use crate::stand_in::StandIn;

/// An address that was free a moment ago, so that connections are refused.
fn dead_endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

/// Everything behind the API Lambda is gone.
pub(crate) fn isolated() -> Router {
    behind(&dead_endpoint())
}

/// The same where anybody may inject faults.
pub(crate) fn isolated_with_faults() -> Router {
    let dead = dead_endpoint();
    app(
        &lambda(at(&dead)),
        dynamodb(at(&dead)),
        FaultInjection::Allowed,
        SignIn::Absent,
    )
}

/// Both functions and the table of the circuits are at these addresses, and anybody may inject
/// faults.
pub(crate) fn between(lambda_url: &str, dynamodb_url: &str) -> Router {
    app(
        &lambda(at(lambda_url)),
        dynamodb(at(dynamodb_url)),
        FaultInjection::Allowed,
        SignIn::Absent,
    )
}

/// Both functions are at `lambda_url`, and the circuit's store is gone.
pub(crate) fn behind(lambda_url: &str) -> Router {
    let dynamodb = dynamodb(at(&dead_endpoint()));
    app(
        &lambda(at(lambda_url)),
        dynamodb,
        FaultInjection::Refused,
        SignIn::Absent,
    )
}

/// Lambda is `service`, and the circuit's store is gone.
pub(crate) fn invoking(service: StandIn) -> Router {
    let dynamodb = dynamodb(at(&dead_endpoint()));
    app(
        &lambda(over(service)),
        dynamodb,
        FaultInjection::Refused,
        SignIn::Absent,
    )
}

/// `DynamoDB` is `service`, anybody may inject faults, and the functions are gone.
pub(crate) fn storing(service: StandIn) -> Router {
    let lambda = lambda(at(&dead_endpoint()));
    app(
        &lambda,
        dynamodb(over(service)),
        FaultInjection::Allowed,
        SignIn::Absent,
    )
}

/// The routes of a stage with sign-in, also for items, where every fault is allowed and AWS is
/// reached over `client`.
pub(crate) fn with_sign_in(client: impl HttpClient + Clone + 'static) -> Router {
    let sign_in = SignIn::Required {
        operators: "operators".parse().unwrap(),
        items: ItemsFor::SignedIn,
    };
    app(
        &lambda(over(client.clone())),
        dynamodb(over(client)),
        FaultInjection::Allowed,
        sign_in,
    )
}

/// How an AWS service is reached.
enum Over {
    Network(String),
    Client(SharedHttpClient),
}

fn at(url: &str) -> Over {
    Over::Network(url.to_owned())
}

fn over(client: impl HttpClient + 'static) -> Over {
    Over::Client(SharedHttpClient::new(client))
}

macro_rules! client {
    ($sdk:ident, $over:expr) => {{
        let config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(credentials())
            .retry_config(RetryConfig::disabled());
        let config = match $over {
            Over::Network(url) => config.endpoint_url(url),
            Over::Client(client) => config.http_client(client),
        };
        $sdk::Client::from_conf(config.build())
    }};
}

fn lambda(over: Over) -> aws_sdk_lambda::Client {
    client!(aws_sdk_lambda, over)
}

fn dynamodb(over: Over) -> aws_sdk_dynamodb::Client {
    client!(aws_sdk_dynamodb, over)
}

fn app(
    lambda: &aws_sdk_lambda::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    injection: FaultInjection,
    sign_in: SignIn,
) -> Router {
    let clock = Arc::new(SystemClock);
    let table = FaultTable::new(dynamodb.clone(), "circuits".to_owned());
    let faults = FaultWatch::new(injection, table, clock.clone());
    let circuits = Table::new(dynamodb, "circuits".to_owned(), faults.injector());
    let circuits = Circuits::make(|name| circuits.circuit(name)).unwrap();
    let timeouts = Timeouts {
        request: Duration::from_secs(10),
        attempt: Duration::from_secs(3),
        fallback: Duration::from_secs(2),
    };
    let function = |name: &str| Function::new(lambda.clone(), name.to_owned());
    let path = path::build(
        function("retry"),
        function("fallback"),
        circuits.clone(),
        timeouts,
        RetryLimits::default(),
        &clock,
    );
    router(App {
        path,
        circuits,
        faults,
        timeouts,
        stage: Stage::Local,
        sign_in,
        clock,
    })
}

/// Sends a request and reads the answer's body as JSON.
pub(crate) async fn send(router: &Router, request: Request<Body>) -> (Response<()>, Value) {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap()
    };
    (Response::from_parts(parts, ()), body)
}
