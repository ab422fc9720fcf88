//! Starts here, and only wires parts together.

use std::{process::ExitCode, sync::Arc};

use lambda_kit::{
    aws, cache::Cache, clock::SystemClock, config::Variables, function::Function, telemetry,
};
use lambda_runtime::{LambdaEvent, service_fn};
use retry_lambda::{
    budget::deadline_of, cache_aside::CacheAside, config::Config, database::Database,
    handler::Handler,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = match Config::read(Variables::of_process()) {
        Ok(config) => config,
        Err(error) => {
            telemetry::report_start_failure(&error.0);
            return ExitCode::FAILURE;
        }
    };
    telemetry::start(&config.log_level);
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %telemetry::Causes(&*error), "cannot go on");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), lambda_runtime::Error> {
    tracing::info!(stage = config.stage.as_str(), "starting");
    let clock = Arc::new(SystemClock);
    let sdk = aws::sdk_config().await;
    let database_login = config.database.login(clock.clone()).await?;
    let cache_login = config.cache.login(clock.clone()).await?;
    let handler = Handler {
        items: CacheAside {
            database: Database::new(config.database, database_login),
            cache: Cache::new(config.cache, cache_login, clock.clone()),
            freshness: config.freshness,
            clock: clock.clone(),
        },
        fallback: Function::new(
            aws_sdk_lambda::Client::new(&sdk),
            config.fallback_function_name,
        ),
        clock,
    };
    let handler = &handler;
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| {
        let ends_at = deadline_of(&event.context);
        // Boxed: the future is too deep for the runtime's layers around it.
        Box::pin(handler.handle(event.payload, ends_at))
    }))
    .await
}
