//! The way every function starts, takes events, and ends.
//!
//! `AWS_LAMBDA_MAX_CONCURRENCY` says how many requests Lambda gives one environment at a time.
//! Lambda sets it itself, for managed instances alone, from the function's
//! `PerExecutionEnvironmentMaxConcurrency`; a classic environment does not have it. It is the
//! one switch between the two ways to run: without it, there is one thread and one request at a
//! time.

use std::{
    error::Error,
    fmt::{self, Debug},
    io,
    process::ExitCode,
    task::{Context, Poll},
};

use lambda_runtime::{Diagnostic, LambdaEvent, Service};
use serde::{Deserialize, Serialize};
use tokio::{
    runtime::{Builder, Runtime},
    task::futures::TaskLocalFuture,
};

use crate::{
    config::{Concurrency, ConfigError, Problem, Variables},
    telemetry::{self, LogLevel},
};

/// What a function can end with.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Serves with this configuration until the environment ends.
///
/// Without a usable configuration nothing is served: each mistake is logged,
/// and the process fails before it takes its first event.
pub fn run<C>(
    config: Result<C, ConfigError>,
    log_level: impl FnOnce(&C) -> &LogLevel,
    serve: impl AsyncFnOnce(C) -> Result<(), BoxError>,
) -> ExitCode {
    let mut variables = Variables::of_process();
    let concurrency = Concurrency::read(&mut variables);
    let config = config.and_then(|config| variables.finish(|| Some((config, concurrency?))));
    let (config, concurrency) = match config {
        Ok(config) => config,
        Err(ConfigError(problems)) => {
            report(&problems);
            return ExitCode::FAILURE;
        }
    };
    telemetry::start(log_level(&config));
    let ended = match runtime(concurrency) {
        Ok(runtime) => runtime.block_on(serve(config)),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %Whole(&*error), "cannot go on");
            ExitCode::FAILURE
        }
    }
}

/// Several requests at a time may use all processors; one at a time starts sooner without
/// threads for them.
fn runtime(concurrency: Concurrency) -> io::Result<Runtime> {
    let mut builder = if concurrency.is_one() {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    builder.enable_all().build()
}

/// Takes events and hands them to `service`, as many at a time as Lambda gives this
/// environment. While it works on an event, [`telemetry::trace_id`] knows its trace.
///
/// # Errors
///
/// If the runtime's API cannot be talked to.
///
/// # Panics
///
/// If Lambda's variables are not set.
pub async fn take_events<S, A>(service: S) -> Result<(), BoxError>
where
    S: Service<LambdaEvent<A>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Response: Serialize + Send + 'static,
    S::Error: Into<Diagnostic> + Debug,
    A: for<'de> Deserialize<'de> + Send + 'static,
{
    lambda_runtime::run_concurrent(Traced(service)).await
}

/// Lets the work on an event know the event's trace.
#[derive(Clone)]
struct Traced<S>(S);

impl<S: Service<LambdaEvent<A>>, A> Service<LambdaEvent<A>> for Traced<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = TaskLocalFuture<Option<String>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, event: LambdaEvent<A>) -> Self::Future {
        let id = event.context.xray_trace_id.clone();
        telemetry::traced(id, self.0.call(event))
    }
}

/// An error with everything that caused it. It comes from before the first event, or from
/// talking to Lambda; none of both holds a payload.
struct Whole<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Whole<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

fn report(problems: &[Problem]) {
    telemetry::start(&LogLevel::default());
    for problem in problems {
        tracing::error!(variable = problem.variable, problem = %problem.message, "cannot start");
    }
}
