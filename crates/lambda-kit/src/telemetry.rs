//! Logs: one JSON object a line, on standard output, where Lambda collects them.
//!
//! No line holds a payload. The errors of this workspace have no room for one, and what
//! libraries log about what they send and receive does not come through, however detailed
//! the level is.

use std::{error::Error, fmt};

use tokio::task::futures::TaskLocalFuture;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::filter_fn, fmt::MakeWriter, layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The level of detail, in the syntax of `tracing_subscriber`'s filters.
///
/// `info`, or `warn,breaker_core=debug`. Of libraries, no more is logged than `CEILINGS`
/// allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel(String);

/// The most that is logged of a module, by how its name begins; the first that fits counts.
/// Every crate that is not named here may warn.
///
/// The runtime logs each event as it is at `TRACE`, the SDK each request and response, and the
/// driver of PostgreSQL the server's notices, at the level that the server gives them.
const CEILINGS: [(&str, LevelFilter); 10] = [
    ("api_lambda", LevelFilter::TRACE),
    ("retry_lambda", LevelFilter::TRACE),
    ("fallback_lambda", LevelFilter::TRACE),
    ("lambda_kit", LevelFilter::TRACE),
    ("breaker_core", LevelFilter::TRACE),
    ("lambda_runtime", LevelFilter::INFO),
    ("lambda_http", LevelFilter::INFO),
    ("sqlx", LevelFilter::OFF),
    ("redis", LevelFilter::OFF),
    ("aws_smithy_runtime_api", LevelFilter::OFF),
];

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

tokio::task_local! {
    static TRACE_ID: Option<String>;
}

/// X-Ray's id of the invocation that this task works on; `None` outside of one, or where Lambda
/// gives none.
pub fn trace_id() -> Option<String> {
    TRACE_ID.try_with(Clone::clone).ok().flatten()
}

/// Lets `work` know X-Ray's id of its invocation. Other invocations may be under way in the same
/// process, so a variable of the process cannot hold it.
pub fn traced<F: Future>(id: Option<String>, work: F) -> TaskLocalFuture<Option<String>, F> {
    TRACE_ID.scope(id, work)
}

/// An error that holds no payload, and whose causes hold none.
///
/// What a server, a parser or a library says about an error may quote what clients store, so
/// none of their types belongs here, and none that keeps one of them as its source.
pub trait PayloadFree: Error + 'static {}

#[cfg(feature = "cache")]
impl PayloadFree for crate::cache::CacheError {}

/// Shows an error with everything that caused it, each after a colon.
///
/// ```
/// # use lambda_kit::telemetry::{Causes, PayloadFree};
/// #[derive(Debug, thiserror::Error)]
/// #[error("cache failed")]
/// struct CacheFailed(#[source] TimedOut);
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("no answer in time")]
/// struct TimedOut;
///
/// impl PayloadFree for CacheFailed {}
///
/// let error = CacheFailed(TimedOut);
/// assert_eq!(Causes(&error).to_string(), "cache failed: no answer in time");
/// ```
pub struct Causes<'a>(pub &'a dyn PayloadFree);

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

/// What writes log lines to `writer`.
pub fn subscriber<W>(level: &LogLevel, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(filter_fn(is_below_ceiling));
    Registry::default()
        .with(EnvFilter::new(&level.0))
        .with(lines)
}

fn is_below_ceiling(metadata: &Metadata<'_>) -> bool {
    let ceiling = CEILINGS
        .iter()
        .find(|(module, _)| is_of(metadata.target(), module));
    let (_, most) = ceiling.unwrap_or(&("", LevelFilter::WARN));
    metadata.level() <= most
}

/// Whether the target is the crate or one of its modules.
fn is_of(target: &str, krate: &str) -> bool {
    let rest = target.strip_prefix(krate);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Starts logging for this process; later calls change nothing.
pub fn start(level: &LogLevel) {
    if subscriber(level, std::io::stdout).try_init().is_err() {
        tracing::debug!("logging has been started already");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CapturedLogs;

    #[test]
    fn libraries_do_not_log_what_they_send_and_receive_at_any_level() {
        let (logs, _guard) = CapturedLogs::at("trace");
        tracing::trace!(target: "lambda_runtime::layers::api_response", "payload");
        tracing::debug!(target: "aws_smithy_runtime::client::orchestrator", "payload");
        tracing::info!(target: "hyper::proto", "payload");
        tracing::warn!(target: "sqlx::postgres::notice", "payload");
        tracing::error!(target: "redis", "payload");
        tracing::warn!(target: "aws_config::imds", "warning of a library");
        tracing::info!(target: "lambda_runtime", "word of the runtime");
        tracing::trace!(target: "retry_lambda::handler", "word of ours");
        let log = logs.text();
        assert!(!log.contains("payload"), "{log}");
        for word in [
            "warning of a library",
            "word of the runtime",
            "word of ours",
        ] {
            assert!(log.contains(word), "{word} in {log}");
        }
    }

    #[test]
    fn the_level_holds_for_our_own_lines() {
        let (logs, _guard) = CapturedLogs::at("warn,breaker_core=debug");
        tracing::debug!(target: "breaker_core::observe", "asked for");
        tracing::info!(target: "lambda_kit", "not wanted");
        let log = logs.text();
        assert!(log.contains("asked for"), "{log}");
        assert!(!log.contains("not wanted"), "{log}");
    }

    #[tokio::test]
    async fn invocations_at_the_same_time_know_their_own_trace() {
        let asked = |id: &str| {
            traced(Some(id.to_owned()), async {
                tokio::task::yield_now().await;
                trace_id()
            })
        };
        let (one, other) = tokio::join!(asked("one"), asked("other"));
        assert_eq!(
            (one.as_deref(), other.as_deref()),
            (Some("one"), Some("other"))
        );
        assert_eq!(trace_id(), None);
    }
}
