//! How a breaker is put together.

use std::sync::Arc;

use super::{Breaker, Inner};
use crate::{
    member::{Entropy, Member, OsEntropy},
    observe::{Observer, TracingObserver},
    policy::{Policy, PolicyError},
    store::{CircuitName, StateStore},
    time::{Clock, SystemClock},
};

/// A breaker in the making.
pub struct BreakerBuilder<S, C = SystemClock> {
    circuit: CircuitName,
    policy: Policy,
    store: S,
    clock: C,
    entropy: Box<dyn Entropy>,
    observer: Box<dyn Observer>,
}

impl<S: StateStore> BreakerBuilder<S> {
    pub(super) fn new(circuit: CircuitName, policy: Policy, store: S) -> Self {
        Self {
            circuit,
            policy,
            store,
            clock: SystemClock,
            entropy: Box::new(OsEntropy::new()),
            observer: Box::new(TracingObserver),
        }
    }
}

impl<S: StateStore, C: Clock> BreakerBuilder<S, C> {
    /// By another clock than the operating system's.
    #[must_use]
    pub fn clock<D: Clock>(self, clock: D) -> BreakerBuilder<S, D> {
        BreakerBuilder {
            circuit: self.circuit,
            policy: self.policy,
            store: self.store,
            clock,
            entropy: self.entropy,
            observer: self.observer,
        }
    }

    /// With other randomness than the operating system's.
    #[must_use]
    pub fn entropy(mut self, entropy: impl Entropy + 'static) -> Self {
        self.entropy = Box::new(entropy);
        self
    }

    /// Tells of its events to `observer` instead of `tracing`.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// The breaker.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn build(self) -> Result<Breaker<S, C>, PolicyError> {
        self.policy.check()?;
        Ok(self.build_checked())
    }

    /// The breaker, by a policy that is known to make sense.
    pub(super) fn build_checked(self) -> Breaker<S, C> {
        let inner = Inner {
            circuit: self.circuit,
            member: Member::with_checked(self.policy, self.entropy, threads()),
            store: self.store,
            clock: self.clock,
            observer: self.observer,
            contact: tokio::sync::Mutex::default(),
        };
        Breaker {
            inner: Arc::new(inner),
        }
    }
}

/// How many threads count calls without waiting for one another: a runtime has
/// as many workers as there are processors, and is driven from one more.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) + 1
}

impl<S, C> std::fmt::Debug for BreakerBuilder<S, C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("BreakerBuilder")
            .field("circuit", &self.circuit)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
