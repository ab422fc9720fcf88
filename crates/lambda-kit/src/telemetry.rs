//! Logs: one JSON object a line, on standard output, where Lambda collects them.

use std::{error::Error, fmt};

use tracing_subscriber::EnvFilter;

/// The level of detail, in the syntax of `tracing_subscriber`'s filters.
///
/// `info`, or `warn,breaker_core=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel(String);

impl Default for LogLevel {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl std::str::FromStr for LogLevel {
    type Err = tracing_subscriber::filter::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<EnvFilter>().map(|_| Self(text.to_owned()))
    }
}

/// X-Ray's id of the invocation under way, which the runtime keeps in the
/// environment, as the SDK expects it when it passes it on.
pub fn trace_id() -> Option<String> {
    std::env::var("_X_AMZN_TRACE_ID").ok()
}

/// Shows an error with everything that caused it, each after a colon.
///
/// ```
/// # use lambda_kit::telemetry::Causes;
/// #[derive(Debug, thiserror::Error)]
/// #[error("cache failed")]
/// struct CacheFailed(#[source] std::io::Error);
///
/// let error = CacheFailed(std::io::Error::other("connection refused"));
/// assert_eq!(Causes(&error).to_string(), "cache failed: connection refused");
/// ```
pub struct Causes<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
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

/// Starts logging for this process; later calls change nothing.
pub fn start(level: &LogLevel) {
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(EnvFilter::new(&level.0))
        .try_init();
    if started.is_err() {
        tracing::debug!("logging has been started already");
    }
}
