//! Starts here, and only wires parts together.

use std::{process::ExitCode, sync::Arc};

use fallback_lambda::{config::Config, handler::Handler};
use lambda_kit::{cache::Cache, clock::SystemClock, config::Variables, telemetry};
use lambda_runtime::{LambdaEvent, service_fn};

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
    let login = config.cache.login(clock.clone()).await?;
    let handler = Handler {
        cache: Cache::new(config.cache, login, clock.clone()),
        max_age: config.max_age,
        clock,
    };
    let handler = &handler;
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| {
        Box::pin(handler.handle(event.payload))
    }))
    .await
}
