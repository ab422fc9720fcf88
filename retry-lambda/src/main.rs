//! Starts here, and only wires parts together.

use std::{process::ExitCode, sync::Arc};

use lambda_kit::{
    aws,
    cache::Cache,
    clock::SystemClock,
    config::Variables,
    entry::{self, BoxError},
    faults::Injector,
    function::Function,
    metrics::Metrics,
};
use lambda_runtime::{LambdaEvent, service_fn};
use retry_lambda::{
    budget::deadline_of, cache_aside::CacheAside, config::Config, handler::Handler, repository,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = Config::read(Variables::of_process());
    entry::run(config, |config| &config.log_level, serve).await
}

async fn serve(config: Config) -> Result<(), BoxError> {
    tracing::info!(stage = config.stage.as_str(), "starting");
    let metrics = Metrics::start(config.stage, "retry");
    let clock = Arc::new(SystemClock);
    let faults = Injector::new(config.fault_injection, clock.clone());
    let sdk = aws::sdk_config().await;
    let database_login = config.database.login(clock.clone()).await?;
    let cache_login = config.cache.login(clock.clone()).await?;
    let handler = Handler {
        items: CacheAside {
            database: repository::open(
                config.database,
                database_login,
                faults.clone(),
                clock.clone(),
            ),
            cache: Cache::new(config.cache, cache_login, clock.clone(), faults.clone()),
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
    let handler = &handler;
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| {
        let ends_at = deadline_of(&event.context);
        // Boxed: the future is too deep for the runtime's layers around it.
        Box::pin(async move {
            let answered = handler.handle(event.payload, ends_at).await;
            metrics.flush();
            answered
        })
    }))
    .await
}
