//! Starts here, and only wires parts together.

use std::{process::ExitCode, sync::Arc};

use fallback_lambda::{config::Config, handler::Handler};
use lambda_kit::{
    cache::Cache,
    clock::SystemClock,
    config::Variables,
    entry::{self, BoxError},
    faults::Injector,
};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

fn main() -> ExitCode {
    let config = Config::read(Variables::of_process());
    entry::run(config, |config| &config.log_level, serve)
}

async fn serve(config: Config) -> Result<(), BoxError> {
    tracing::info!(stage = config.stage.as_str(), "starting");
    let clock = Arc::new(SystemClock);
    let faults = Injector::new(config.fault_injection, clock.clone());
    let login = config.cache.login(clock.clone()).await?;
    let handler = Handler {
        cache: Cache::new(config.cache, login, faults.clone()),
        faults,
        max_age: config.max_age,
        clock,
    };
    let handler = Arc::new(handler);
    let answer = move |event: LambdaEvent<Box<RawValue>>| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { handler.handle(&*event.payload).await })
    };
    entry::take_events(service_fn(answer)).await
}
