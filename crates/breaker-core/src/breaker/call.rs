//! Admit, run, record: in one step.

use std::future::Future;

use super::{Breaker, Permit};
use crate::{protocol::Rejection, store::StateStore, time::Clock};

/// What a call says about the dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The dependency did its work. "Not found" and "conflict" are work done.
    Success,
    /// The dependency failed.
    Failure,
    /// The call says nothing about the dependency.
    Ignored,
}

impl Outcome {
    /// Takes every `Ok` for a success and every `Err` for a failure.
    pub fn of_result<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Success,
            Err(_) => Self::Failure,
        }
    }
}

/// Why a protected call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The breaker did not admit it.
    #[error("{0}")]
    Rejected(Rejection),
    /// It was a probe and took longer than a probe may.
    #[error("the probe took too long")]
    ProbeTimedOut,
    /// It was made and failed.
    #[error(transparent)]
    Inner(E),
}

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Makes a call if the circuit admits it.
    ///
    /// News of the fleet are fetched alongside the call, never before it,
    /// unless what is known is older than
    /// [`Policy::max_stale`](crate::Policy::max_stale).
    ///
    /// Safe to cancel: a dropped call counts for nothing, and a dropped
    /// probe's lease runs out by itself. Calls that it was just reporting for
    /// others may go uncounted; none is ever counted twice.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let permit = self.admit().await.map_err(CallError::Rejected)?;
        self.run(permit, call, classify).await
    }

    /// Makes a call that has been admitted.
    pub(super) async fn run<T, E>(
        &self,
        permit: Permit,
        call: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let result = if let Some(limit) = permit.limit() {
            let Ok(result) = tokio::time::timeout(limit, call).await else {
                self.record(permit, Outcome::Failure).await;
                return Err(CallError::ProbeTimedOut);
            };
            result
        } else if permit.wants_refresh() {
            tokio::join!(call, self.refresh_beside()).0
        } else {
            call.await
        };
        let outcome = classify(&result);
        self.record(permit, outcome).await;
        result.map_err(CallError::Inner)
    }
}
