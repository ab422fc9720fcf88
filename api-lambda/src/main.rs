//! The API Lambda's entry: reads the configuration, wires, runs.

use std::{process::ExitCode, sync::Arc, time::Duration};

use api_lambda::{
    config::Config,
    faults::{FaultTable, FaultWatch, FaultyStore},
    http::{self, App},
    path::{self, RetryLimits},
};
use breaker_core::{Breaker, DynamoDbStore, Policy};
use lambda_kit::{
    aws,
    clock::SystemClock,
    config::Variables,
    entry::{self, BoxError},
    function::Function,
};

/// How long the first connection to DynamoDB may take, before the first event.
const WARM_UP: Duration = Duration::from_secs(2);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = Config::read(Variables::of_process());
    entry::run(config, |config| &config.log_level, serve).await
}

async fn serve(config: Config) -> Result<(), BoxError> {
    let sdk = aws::sdk_config().await;
    let lambda = aws_sdk_lambda::Client::new(&sdk);
    let retry = Function::new(lambda.clone(), config.retry_function);
    let fallback = Function::new(lambda, config.fallback_function);
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let clock = Arc::new(SystemClock);
    let table = FaultTable::new(dynamodb.clone(), config.circuits_table.clone());
    let faults = FaultWatch::new(config.fault_injection, table, clock.clone());
    let store = DynamoDbStore::new(dynamodb, config.circuits_table);
    let store = FaultyStore::new(store, faults.injector());
    let breaker = Breaker::new("retry".parse()?, Policy::default(), store)?;
    if let Err(error) = breaker.warm_up(WARM_UP).await {
        tracing::warn!(%error, "the circuit is not known yet");
    }
    let retries = RetryLimits::default();
    let path = path::build(
        retry,
        fallback,
        breaker.clone(),
        config.patience,
        retries,
        &clock,
    );
    let app = App {
        path,
        breaker,
        faults,
        patience: config.patience,
        stage: config.stage,
        clock,
    };
    lambda_http::run(http::router(app)).await
}
