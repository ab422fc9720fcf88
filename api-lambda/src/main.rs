//! The API Lambda's entry: reads the configuration, wires, runs.

use std::{process::ExitCode, sync::Arc, time::Duration};

use api_lambda::{
    config::Config,
    event,
    faults::{FaultTable, FaultWatch},
    http::{self, App},
    path::{self, Circuits, RetryLimits},
};
use axum::{middleware::map_response, response::Response};
use lambda_kit::{
    aws, circuits,
    clock::SystemClock,
    config::Variables,
    entry::{self, BoxError},
    function::Function,
    metrics::Metrics,
};
use lambda_runtime::service_fn;

/// How long the first connection to DynamoDB may take, before the first event.
const WARM_UP: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let config = Config::read(Variables::of_process());
    entry::run(config, |config| &config.log_level, serve)
}

async fn serve(config: Config) -> Result<(), BoxError> {
    let metrics = Metrics::start(config.stage, "api");
    let sdk = aws::sdk_config().await;
    let lambda = aws_sdk_lambda::Client::new(&sdk);
    let retry = Function::new(lambda.clone(), config.retry_function);
    let fallback = Function::new(lambda, config.fallback_function);
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let clock = Arc::new(SystemClock);
    let table = FaultTable::new(dynamodb.clone(), config.circuits_table.clone());
    let faults = FaultWatch::new(config.fault_injection, table, clock.clone());
    let table = circuits::Table::new(dynamodb, config.circuits_table, faults.injector());
    let circuits = Circuits::make(|name| table.circuit(name))?;
    if let Err(error) = circuits.retry.warm_up(WARM_UP).await {
        tracing::warn!(%error, "the circuit is not known yet");
    }
    let path = path::build(
        retry,
        fallback,
        circuits.clone(),
        config.timeouts,
        RetryLimits::default(),
        &clock,
    );
    let app = App {
        path,
        circuits,
        faults,
        timeouts: config.timeouts,
        stage: config.stage,
        sign_in: config.sign_in,
        clock,
    };
    let flush = move |response: Response| async move {
        metrics.flush();
        response
    };
    let routes = http::router(app).layer(map_response(flush));
    entry::take_events(service_fn(move |event| {
        event::answer(routes.clone(), event)
    }))
    .await
}
