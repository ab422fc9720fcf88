//! Metrics in CloudWatch's embedded metric format: one log line for each
//! invocation, from which CloudWatch makes metrics without being called.
//!
//! Every metric has the dimensions `Stage` and `Function` and no others, so that
//! their number does not grow with what clients send. Whoever counts uses the
//! `metrics` facade with the names below.

use std::io::Write;

use metrics::{Unit, describe_counter, describe_histogram};
use metrics_cloudwatch_embedded::{Builder, Collector};

use crate::config::Stage;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "CircuitBreaker";

/// Attempts that the circuit admitted.
pub const ATTEMPTS_ADMITTED: &str = "AttemptsAdmitted";
/// Attempts that the circuit refused.
pub const ATTEMPTS_REJECTED: &str = "AttemptsRejected";
/// Attempts after the first for the same request.
pub const RETRIES: &str = "Retries";
/// Attempts for each request, refused ones too.
pub const ATTEMPTS_PER_REQUEST: &str = "AttemptsPerRequest";
/// Answers that were second best.
pub const FALLBACK_SERVED: &str = "FallbackServed";
/// Reads that went well and asked the fallback as well, to compare.
pub const FALLBACK_SAMPLED: &str = "FallbackSampled";
/// Those of them that it could not have served, or not as well.
pub const FALLBACK_UNFIT: &str = "FallbackUnfit";
/// Calls that became probes.
pub const PROBES: &str = "Probes";
/// Moves of the circuit that this function made.
pub const CIRCUIT_TRANSITIONS: &str = "CircuitTransitions";
/// Operations on the circuits' table.
pub const STORE_OPERATIONS: &str = "StoreOperations";
/// Those of them that failed.
pub const STORE_FAILURES: &str = "StoreFailures";
/// How long each took.
pub const STORE_TIME: &str = "StoreTime";
/// Calls a second that the fleet refuses at a circuit, by its record.
pub const REFUSED_PER_SECOND: &str = "RefusedPerSecond";
/// Reads that the cache answered.
pub const CACHE_HITS: &str = "CacheHits";
/// Reads that it did not.
pub const CACHE_MISSES: &str = "CacheMisses";

/// Where this process's metrics gather until they are written.
#[derive(Clone, Copy)]
pub struct Metrics(Option<&'static Collector>);

impl Metrics {
    /// Begins to gather; later calls in one process gather nothing.
    pub fn start(stage: Stage, function: &'static str) -> Self {
        let started = Builder::new()
            .cloudwatch_namespace(NAMESPACE)
            .with_dimension("Stage", stage.as_str())
            .with_dimension("Function", function)
            .init();
        match started {
            Ok(collector) => {
                describe();
                Self(Some(collector))
            }
            Err(error) => {
                tracing::warn!(%error, "there will be no metrics");
                Self(None)
            }
        }
    }

    /// Writes what has gathered since the last time, if anything has, to
    /// standard output, where Lambda collects it.
    ///
    /// Of several requests at a time, each writes what all of them have gathered since the last
    /// one did. All of it is written at once: log lines of others must not come in between.
    pub fn flush(self) {
        let Some(collector) = self.0 else { return };
        let mut lines = Vec::new();
        let written = collector
            .flush(&mut lines)
            .and_then(|()| std::io::stdout().write_all(&lines));
        if let Err(error) = written {
            tracing::warn!(kind = %error.kind(), "metrics cannot be written");
        }
    }
}

fn describe() {
    for name in [
        ATTEMPTS_ADMITTED,
        ATTEMPTS_REJECTED,
        RETRIES,
        FALLBACK_SERVED,
        FALLBACK_SAMPLED,
        FALLBACK_UNFIT,
        PROBES,
        CIRCUIT_TRANSITIONS,
        STORE_OPERATIONS,
        STORE_FAILURES,
        CACHE_HITS,
        CACHE_MISSES,
    ] {
        describe_counter!(name, Unit::Count, "");
    }
    describe_histogram!(ATTEMPTS_PER_REQUEST, Unit::Count, "");
    describe_histogram!(STORE_TIME, Unit::Milliseconds, "");
    describe_histogram!(REFUSED_PER_SECOND, Unit::CountPerSecond, "");
}
