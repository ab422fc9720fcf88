//! What happens in a breaker, for telemetry.

use crate::{
    outcome::Outcome,
    protocol::{Epoch, Record, Rejection, State},
    store::StoreError,
    time::Timestamp,
};

/// Something worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// This process moved the circuit.
    Transitioned {
        /// The state before.
        from: State,
        /// The state after.
        to: State,
        /// The epoch that began.
        epoch: Epoch,
        /// Why, in words.
        reason: String,
    },
    /// A call was not admitted.
    Rejected(Rejection),
    /// A call became a probe.
    ProbeBegan,
    /// A probe ended.
    ProbeEnded {
        /// How.
        outcome: Outcome,
    },
    /// This process fails though the fleet is well, or cannot ask it, and
    /// admits no call for a while.
    TrippedLocally {
        /// Until then.
        until: Timestamp,
    },
    /// The store did not do as it was asked.
    StoreFailed(StoreError),
    /// The store answers again.
    StoreRecovered,
}

impl Event {
    pub(crate) fn moved(before: &Record, after: &Record, now: Timestamp) -> Self {
        Self::Transitioned {
            from: before.state(now),
            to: after.state(now),
            epoch: after.epoch,
            reason: after.cause.clone().unwrap_or_default(),
        }
    }
}

/// Hears of what happens in a breaker.
///
/// It is called in the path of calls: it must not block. [`TracingObserver`] is the
/// default.
pub trait Observer: Send + Sync + 'static {
    /// Something has happened at the circuit.
    fn on(&self, circuit: &str, event: &Event);
}

/// Hands events to `tracing`: transitions at `INFO`, trouble at `WARN`, the
/// rest at `DEBUG`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn on(&self, circuit: &str, event: &Event) {
        match event {
            Event::Transitioned {
                from,
                to,
                epoch,
                reason,
            } => tracing::info!(
                circuit,
                from = from.as_str(),
                to = to.as_str(),
                epoch = epoch.0,
                reason,
                "the circuit moved"
            ),
            Event::Rejected(rejection) => {
                tracing::debug!(circuit, reason = ?rejection.reason, "a call was not admitted");
            }
            Event::ProbeBegan => tracing::debug!(circuit, "a probe began"),
            Event::ProbeEnded { outcome } => {
                tracing::debug!(circuit, ?outcome, "a probe ended");
            }
            Event::TrippedLocally { until } => tracing::warn!(
                circuit,
                until_ms = until.as_unix_ms(),
                "this process fails alone and stops itself"
            ),
            Event::StoreFailed(error) => {
                tracing::warn!(circuit, %error, "the circuit's store is in trouble");
            }
            Event::StoreRecovered => {
                tracing::info!(circuit, "the circuit's store answers again");
            }
        }
    }
}
