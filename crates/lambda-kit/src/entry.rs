//! The way every function starts and ends.

use std::{error::Error, process::ExitCode};

use crate::{
    config::{ConfigError, Problem},
    telemetry::{self, Causes, LogLevel},
};

/// What a function can end with.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Serves with this configuration until the environment ends.
///
/// Without a usable configuration nothing is served: each mistake is logged,
/// and the process fails before it takes its first event.
pub async fn run<C>(
    config: Result<C, ConfigError>,
    log_level: impl FnOnce(&C) -> &LogLevel,
    serve: impl AsyncFnOnce(C) -> Result<(), BoxError>,
) -> ExitCode {
    let config = match config {
        Ok(config) => config,
        Err(ConfigError(problems)) => {
            report(&problems);
            return ExitCode::FAILURE;
        }
    };
    telemetry::start(log_level(&config));
    match serve(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %Causes(&*error), "cannot go on");
            ExitCode::FAILURE
        }
    }
}

fn report(problems: &[Problem]) {
    telemetry::start(&LogLevel::default());
    for problem in problems {
        tracing::error!(variable = problem.variable, problem = %problem.message, "cannot start");
    }
}
