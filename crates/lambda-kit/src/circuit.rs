//! A circuit around calls, for those who do not care where its state is kept.

use std::{convert::Infallible, future::Future, pin::Pin};

use breaker_core::{Breaker, CallError, Clock, Outcome, Rejection, StateStore, Timestamp};
use chrono::{DateTime, Utc};
use contract::{AttemptOutcome, Setback};

/// A future on the heap.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A circuit that calls are made through.
pub trait Circuit: Send + Sync {
    /// Makes a call, if the circuit lets it through; the call says itself what
    /// became of it.
    fn admit<'a>(&'a self, call: Boxed<'a, Outcome>) -> Boxed<'a, Result<(), Withheld>>;

    /// Until when the circuit lets nobody through, as far as is known; `None` if
    /// it lets some.
    fn open_until(&self) -> Option<DateTime<Utc>>;
}

/// A call that a circuit did not let through, or not to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// It was not made.
    #[error("{0}")]
    Rejected(Rejection),
    /// It took longer than a probe may.
    #[error("the probe took too long")]
    ProbeTimedOut,
}

impl Withheld {
    /// What it means for the circuit around the function that wanted to call.
    pub fn setback(self) -> Setback {
        match self {
            Self::Rejected(rejection) => match rejection.open_until() {
                Some(until) => Setback::Open { until: date(until) },
                None => Setback::Recovering,
            },
            Self::ProbeTimedOut => Setback::Failed { open_until: None },
        }
    }
}

impl From<&Withheld> for AttemptOutcome {
    fn from(withheld: &Withheld) -> Self {
        match withheld {
            Withheld::Rejected(_) => Self::Rejected,
            Withheld::ProbeTimedOut => Self::Timeout,
        }
    }
}

impl<S: StateStore, C: Clock> Circuit for Breaker<S, C> {
    fn admit<'a>(&'a self, call: Boxed<'a, Outcome>) -> Boxed<'a, Result<(), Withheld>> {
        Box::pin(async move {
            let call = async { Ok::<_, Infallible>(call.await) };
            let classify = |ended: &Result<Outcome, Infallible>| match ended {
                Ok(outcome) => *outcome,
                Err(never) => match *never {},
            };
            match self.call(call, classify).await {
                Ok(_) => Ok(()),
                Err(CallError::Rejected(rejection)) => Err(Withheld::Rejected(rejection)),
                Err(CallError::ProbeTimedOut | CallError::DeadlineExceeded) => {
                    Err(Withheld::ProbeTimedOut)
                }
                Err(CallError::Inner(never)) => match never {},
            }
        })
    }

    fn open_until(&self) -> Option<DateTime<Utc>> {
        let known = self.known();
        known.record.open_until(known.now).map(date)
    }
}

/// Makes a call through a circuit and gives what came of it.
///
/// # Errors
///
/// If the circuit did not let it through, or not to its end.
pub async fn through<T: Send>(
    circuit: &dyn Circuit,
    call: impl Future<Output = T> + Send,
    classify: impl FnOnce(&T) -> Outcome + Send,
) -> Result<T, Withheld> {
    let mut answer = None;
    let call = Box::pin(async {
        let given = call.await;
        let outcome = classify(&given);
        answer = Some(given);
        outcome
    });
    circuit.admit(call).await?;
    answer.ok_or(Withheld::ProbeTimedOut)
}

/// A moment far beyond what dates can show is shown as the last one.
pub fn date(moment: Timestamp) -> DateTime<Utc> {
    i64::try_from(moment.as_unix_ms())
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
