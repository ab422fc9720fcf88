//! What is simulated.
//!
//! A scenario is a file in TOML: a fleet, a dependency whose health follows a
//! timeline, a store with its own troubles, a kind of breaker and its policy.

mod mistake;
mod read;
pub(crate) mod section;

use breaker_core::{OverrideMode, Policy};

pub use mistake::{Mistake, Mistakes};
pub use read::read_file;
pub(crate) use read::{BUSIEST, LARGEST_FLEET};

use crate::{
    tables::Row,
    units::{Micros, micros_of_s},
};

/// Everything that a run follows from, but for its seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What people call it.
    pub name: String,
    /// The seed, unless another is asked for.
    pub seed: u64,
    /// How long it lasts, without the warm-up.
    pub duration_s: f64,
    /// Who calls.
    pub fleet: Fleet,
    /// Where records are kept.
    pub store: StoreRules,
    /// Who is called; by time, from 0 on, never empty.
    pub dependency: Vec<Dependency>,
    /// How traffic changes; by time.
    pub traffic: Vec<Traffic>,
    /// Environments that differ; they are the first of the fleet.
    pub environments: Vec<Exception>,
    /// What an operator orders; by time.
    pub orders: Vec<Order>,
    /// From then on no environment vanishes or differs, and no answer is lost.
    pub calm_from_s: Option<f64>,
    /// The kind of breaker.
    pub breaker: Kind,
    /// The rules of the fleet's breaker.
    pub policy: Policy,
    /// What the scenario is to show, if it is a row of the tables.
    pub row: Option<Row>,
}

/// The environments and their traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// How many there are.
    pub environments: u32,
    /// Calls of the whole fleet.
    pub calls_per_second: f64,
    /// Each clock is off by up to this, both ways.
    pub clock_skew_ms: f64,
    /// Whether environments sleep between calls. Nothing that they do outlasts
    /// a call, so this changes nothing; the engine holds every breaker to it.
    pub freeze: bool,
    /// The caller's own limit: a call that takes longer ends then, as slow.
    pub timeout_ms: f64,
    /// The chance that the environment vanishes during a call.
    pub crash_rate: f64,
    /// How long the fleet has been at work when the run begins.
    pub warm_up_s: f64,
}

/// What the store does.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreRules {
    /// Median; log-normal.
    pub latency_ms: f64,
    /// An eventually consistent read shows the past, up to this.
    pub stale_read_ms: f64,
    /// How many requests are done whose answer never comes.
    pub lost_reply_rate: f64,
    /// When it fails.
    pub faults: Vec<Fault>,
}

/// A time in which the store fails.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub at_s: f64,
    /// How long it lasts.
    pub for_s: f64,
    /// How it fails.
    pub kind: FaultKind,
}

/// How a store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No answer, nothing done.
    Unavailable,
    /// Everything takes 50 times as long.
    Slow,
    /// Every request is refused at once.
    Throttled,
}

/// The dependency from a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dependency {
    /// From then on.
    pub at_s: f64,
    /// How many calls fail.
    pub failure_rate: f64,
    /// Median; log-normal.
    pub latency_ms: f64,
    /// How long it asks to be left alone when it fails.
    pub retry_after_s: Option<f64>,
}

/// Traffic from a moment on.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// From then on.
    pub at_s: f64,
    /// How many times the usual calls come.
    pub factor: f64,
}

/// Environments that differ from the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// How many.
    pub count: u32,
    /// How many of their calls fail, at least.
    pub failure_rate: f64,
}

/// What an operator orders.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// From then on.
    pub at_s: f64,
    /// For how long.
    pub for_s: f64,
    /// What; none takes back the order that stands.
    pub mode: Option<OverrideMode>,
}

/// A kind of breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `breaker-core`.
    Fleet,
    /// Counts in each environment, shares the state: as Powertools does.
    PerEnvironment,
    /// Counts in the store at each call: as circuitbreaker-lambda does.
    SharedCounter,
    /// No breaker.
    None,
}

impl Kind {
    /// All kinds, in the order of comparisons.
    pub const ALL: [Self; 4] = [
        Self::Fleet,
        Self::PerEnvironment,
        Self::SharedCounter,
        Self::None,
    ];

    /// The name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::PerEnvironment => "per-environment",
            Self::SharedCounter => "shared-counter",
            Self::None => "none",
        }
    }
}

impl Scenario {
    /// From when on, counted from the start of the warm-up, no environment
    /// vanishes or differs, and no answer is lost.
    pub(crate) fn calm_from(&self) -> Micros {
        self.calm_from_s.map_or(Micros::MAX, |calm_from_s| {
            micros_of_s(self.fleet.warm_up_s + calm_from_s)
        })
    }

    /// Whether this state of the dependency is one that must open the circuit.
    pub fn is_bad(&self, dependency: &Dependency) -> bool {
        let slow_after = self.policy.slow_call_after.as_secs_f64() * 1e3;
        dependency.failure_rate >= self.policy.failure_rate_threshold
            || dependency.latency_ms >= self.fleet.timeout_ms.min(slow_after)
    }
}
