//! Faults on request: what a function does to itself so that somebody can see
//! what the system makes of it.

use std::{
    future::{Future, pending},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use contract::{FaultKind, FaultTarget, Faults};

use crate::{clock::Clock, config::Variables};

/// Whether this deployment lets anybody inject faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FaultInjection {
    /// Whoever may call the API may.
    Allowed,
    /// Nobody may, and faults that a request carries have no effect.
    #[default]
    Refused,
}

/// A word that is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", FaultInjection::EXPECTED)]
pub struct FaultInjectionError;

impl FaultInjection {
    /// What [`FaultInjection::from_str`] accepts, in words.
    pub const EXPECTED: &str = "allowed or refused";

    /// Reads `FAULT_INJECTION`; refused if left out.
    pub fn read<L: Fn(&str) -> Option<String>>(variables: &mut Variables<L>) -> Option<Self> {
        variables.optional("FAULT_INJECTION", Self::EXPECTED, Self::default())
    }
}

impl FromStr for FaultInjection {
    type Err = FaultInjectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "allowed" => Ok(Self::Allowed),
            "refused" => Ok(Self::Refused),
            _ => Err(FaultInjectionError),
        }
    }
}

/// What became of an operation that a fault struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InjectedFault {
    /// It was not done.
    #[error("fault injected: it was not done")]
    NotDone,
    /// It was done, and its answer was thrown away.
    #[error("fault injected: the answer was lost")]
    AnswerLost,
}

tokio::task_local! {
    /// Those of the request that this task works on.
    static OF_REQUEST: Faults;
}

/// Strikes operations of this execution environment: those of a request with the faults that it
/// carries, all others with those of the last request. Clones share them.
#[derive(Clone)]
pub struct Injector {
    injection: FaultInjection,
    faults: Arc<Mutex<Faults>>,
    clock: Arc<dyn Clock>,
}

impl Injector {
    /// Strikes nothing until it is told to, and never if that is refused.
    pub fn new(injection: FaultInjection, clock: Arc<dyn Clock>) -> Self {
        Self {
            injection,
            faults: Arc::default(),
            clock,
        }
    }

    /// The faults from now on, in place of those before.
    pub fn follow(&self, faults: Faults) {
        if self.injection == FaultInjection::Allowed {
            *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
        }
    }

    /// Does the `work` of a request that carries `faults`, which strike it whatever other
    /// requests at the same time carry.
    pub async fn following<T>(&self, faults: Faults, work: impl Future<Output = T>) -> T {
        self.follow(faults.clone());
        OF_REQUEST.scope(faults, work).await
    }

    fn strike(&self, target: FaultTarget) -> Option<FaultKind> {
        if self.injection == FaultInjection::Refused {
            return None;
        }
        let strike = |faults: &Faults| faults.strike(target, self.clock.now(), fastrand::f64());
        let kind = OF_REQUEST.try_with(strike).unwrap_or_else(|_| {
            strike(&self.faults.lock().unwrap_or_else(PoisonError::into_inner))
        })?;
        // Not `target`: the line has a field of that name, for the module.
        tracing::warn!(fault_target = target.as_str(), ?kind, "fault injected");
        Some(kind)
    }

    /// Does `operation`, unless a fault strikes it.
    ///
    /// One that hangs never ends, so the caller must bound it. One that is not
    /// done is not even begun.
    ///
    /// # Errors
    ///
    /// What a fault made of it.
    pub async fn around<T>(
        &self,
        target: FaultTarget,
        operation: impl Future<Output = T>,
    ) -> Result<T, InjectedFault> {
        let kind = self.strike(target);
        match kind {
            Some(FaultKind::Error) => return Err(InjectedFault::NotDone),
            Some(FaultKind::Hang) => pending().await,
            Some(FaultKind::Latency { latency_ms }) => {
                tokio::time::sleep(Duration::from_millis(latency_ms.into())).await;
            }
            Some(FaultKind::Crash) | None => {}
        }
        let answer = operation.await;
        if kind == Some(FaultKind::Crash) {
            return Err(InjectedFault::AnswerLost);
        }
        Ok(answer)
    }

    /// Does the whole work of a function like [`Injector::around`]; with the
    /// answer goes the execution environment.
    ///
    /// # Errors
    ///
    /// If a fault kept it from being done.
    pub async fn around_function<T>(
        &self,
        target: FaultTarget,
        work: impl Future<Output = T>,
    ) -> Result<T, InjectedFault> {
        let done = self.around(target, work).await;
        if let Err(InjectedFault::AnswerLost) = done {
            // As a defect would: without a reply, and without cleaning up.
            std::process::abort();
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        collections::BTreeMap,
        task::{Context, Poll, Waker},
    };

    use contract::{Fault, FaultRate};

    use super::*;
    use crate::clock::SystemClock;

    fn injector(injection: FaultInjection, kind: FaultKind) -> Injector {
        let clock = Arc::new(SystemClock);
        let fault = Fault {
            kind,
            rate: FaultRate::ALWAYS,
            expires: clock.now() + Duration::from_mins(15),
        };
        let injector = Injector::new(injection, clock);
        injector.follow(Faults(BTreeMap::from([(FaultTarget::Cache, fault)])));
        injector
    }

    /// What becomes of an operation, and whether it was done.
    fn strike(injector: &Injector, target: FaultTarget) -> (Poll<Result<u8, InjectedFault>>, bool) {
        let done = Cell::new(false);
        let operation = async {
            done.set(true);
            7
        };
        let mut struck = Box::pin(injector.around(target, operation));
        let outcome = struck
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        drop(struck);
        (outcome, done.get())
    }

    #[test]
    fn each_kind_does_what_it_says() {
        for (kind, expected) in [
            (
                FaultKind::Error,
                (Poll::Ready(Err(InjectedFault::NotDone)), false),
            ),
            (
                FaultKind::Crash,
                (Poll::Ready(Err(InjectedFault::AnswerLost)), true),
            ),
            (FaultKind::Hang, (Poll::Pending, false)),
        ] {
            let injector = injector(FaultInjection::Allowed, kind);
            assert_eq!(strike(&injector, FaultTarget::Cache), expected, "{kind:?}");
            let spared = strike(&injector, FaultTarget::Database);
            assert_eq!(spared, (Poll::Ready(Ok(7)), true), "another target");
        }
    }

    #[test]
    fn where_faults_are_refused_none_strikes() {
        let injector = injector(FaultInjection::Refused, FaultKind::Error);
        assert_eq!(
            strike(&injector, FaultTarget::Cache),
            (Poll::Ready(Ok(7)), true)
        );
    }

    #[tokio::test]
    async fn a_request_is_struck_by_the_faults_that_it_carries_and_by_no_others() {
        let struck = injector(FaultInjection::Allowed, FaultKind::Error);
        let carried = struck.faults.lock().unwrap().clone();
        let strike = async |faults| {
            let operation = async {
                tokio::task::yield_now().await;
                struck.around(FaultTarget::Cache, async { 7 }).await
            };
            struck.following(faults, operation).await
        };
        let (with, without) = tokio::join!(strike(carried), strike(Faults::default()));
        assert_eq!((with, without), (Err(InjectedFault::NotDone), Ok(7)));
    }

    #[test]
    fn the_last_word_counts() {
        let injector = injector(FaultInjection::Allowed, FaultKind::Error);
        injector.follow(Faults::default());
        assert_eq!(
            strike(&injector, FaultTarget::Cache),
            (Poll::Ready(Ok(7)), true)
        );
    }
}
