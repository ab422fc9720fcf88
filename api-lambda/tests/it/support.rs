//! A router whose AWS endpoints nobody listens at.

use std::{net::TcpListener, sync::Arc, time::Duration};

use api_lambda::{
    faults::{FaultTable, FaultWatch},
    http::{App, router},
    path::{self, Circuits, Patience, RetryLimits},
};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
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
    app(&dead_endpoint(), FaultInjection::Allowed)
}

/// Both functions are at `lambda_url`, and the circuit's store is gone.
pub(crate) fn behind(lambda_url: &str) -> Router {
    app(lambda_url, FaultInjection::Refused)
}

fn app(lambda_url: &str, injection: FaultInjection) -> Router {
    let region = Region::from_static("us-east-1");
    let lambda = aws_sdk_lambda::Client::from_conf(
        aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(lambda_url)
            .region(region.clone())
            .credentials_provider(credentials())
            .retry_config(RetryConfig::disabled())
            .build(),
    );
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(dead_endpoint())
            .region(region)
            .credentials_provider(credentials())
            .retry_config(RetryConfig::disabled())
            .build(),
    );
    let clock = Arc::new(SystemClock);
    let table = FaultTable::new(dynamodb.clone(), "circuits".to_owned());
    let faults = FaultWatch::new(injection, table, clock.clone());
    let circuits = Table::new(dynamodb, "circuits".to_owned(), faults.injector());
    let circuits = Circuits::make(|name| circuits.circuit(name)).unwrap();
    let patience = Patience {
        request: Duration::from_secs(10),
        attempt: Duration::from_secs(3),
        fallback: Duration::from_secs(2),
    };
    let function = |name: &str| Function::new(lambda.clone(), name.to_owned());
    let path = path::build(
        function("retry"),
        function("fallback"),
        circuits.clone(),
        patience,
        RetryLimits::default(),
        &clock,
    );
    router(App {
        path,
        circuits,
        faults,
        patience,
        stage: Stage::Local,
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
