//! Starts here, and only wires parts together.

use std::{process::ExitCode, sync::Arc, time::Duration};

use breaker_core::Breaker;
use lambda_kit::{
    aws,
    cache::Cache,
    circuits::{self, Store},
    clock::SystemClock,
    config::Variables,
    entry::{self, BoxError},
    faults::Injector,
    function::Function,
    metrics::Metrics,
};
use lambda_runtime::{LambdaEvent, service_fn};
use retry_lambda::{
    budget::deadline_of,
    cache_aside::CacheAside,
    config::Config,
    handler::Handler,
    repository::{self, CircuitRepository},
};
use serde_json::value::RawValue;

/// How long the first connection to DynamoDB may take, before the first event. A
/// request may be waiting, and can be answered without it.
const WARM_UP: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let config = Config::read(Variables::of_process());
    entry::run(config, |config| &config.log_level, serve)
}

async fn serve(config: Config) -> Result<(), BoxError> {
    tracing::info!(stage = config.stage.as_str(), "starting");
    let metrics = Metrics::start(config.stage, "retry");
    let clock = Arc::new(SystemClock);
    let faults = Injector::new(config.fault_injection, clock.clone());
    let sdk = aws::sdk_config().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let table = circuits::Table::new(dynamodb, config.circuits_table, faults.clone());
    let database_circuit = table.circuit(circuits::DATABASE)?;
    let cache_circuit = table.circuit(circuits::CACHE)?;
    let (database_login, cache_login, (), ()) = tokio::join!(
        Box::pin(config.database.login(clock.clone())),
        Box::pin(config.cache.login(clock.clone())),
        warm_up(&database_circuit),
        warm_up(&cache_circuit),
    );
    let database = repository::open(
        config.database,
        database_login?,
        faults.clone(),
        clock.clone(),
    );
    let handler = Handler {
        items: CacheAside {
            database: Box::new(CircuitRepository::new(database, Arc::new(database_circuit))),
            cache: Cache::new(config.cache, cache_login?, faults.clone())
                .behind(Arc::new(cache_circuit)),
            freshness: config.freshness,
            lease_life: CacheAside::LEASE_LIFE,
            clock: clock.clone(),
        },
        fallback: Function::new(
            aws_sdk_lambda::Client::new(&sdk),
            config.fallback_function_name,
        ),
        faults,
        clock,
    };
    let handler = Arc::new(handler);
    let answer = move |event: LambdaEvent<Box<RawValue>>| {
        let handler = Arc::clone(&handler);
        let ends_at = deadline_of(&event.context, handler.clock.now());
        // Boxed: the future is too deep for the runtime's layers around it.
        Box::pin(async move {
            let answered = handler.handle(&*event.payload, ends_at).await;
            metrics.flush();
            answered
        })
    };
    entry::take_events(service_fn(answer)).await
}

/// Both circuits at once, and beside the logins.
async fn warm_up(circuit: &Breaker<Store>) {
    if let Err(error) = Box::pin(circuit.warm_up(WARM_UP)).await {
        tracing::warn!(circuit = %circuit.circuit(), %error, "the circuit is not known yet");
    }
}
