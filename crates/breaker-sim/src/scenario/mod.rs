//! What is simulated.
//!
//! A scenario is a file in TOML: a fleet, a dependency whose health follows a
//! timeline, a store with its own troubles, a kind of breaker and its policy.
//! Times count from the start of the run, in seconds; what lies before 0 is in
//! the warm-up. An entry of a timeline holds from its `at_s` on, and what it
//! does not say stays as it was. Everything but the name, the duration, the
//! fleet's two numbers and one dependency may be left out:
//!
//! ```
//! # let text = r#"
//! name = "everything at once"
//! seed = 1
//! duration_s = 300
//! calm_from_s = 280            # from then on no environment differs or vanishes
//!
//! [fleet]
//! environments = 10
//! calls_per_second = 50        # of the whole fleet, however many there are
//! clock_skew_ms = 500          # each clock is off by up to this, both ways
//! freeze = true                # environments sleep between calls
//! timeout_ms = 1000            # the caller's own limit
//! crash_rate = 0.001           # the chance to vanish during a call
//! warm_up_s = 120
//! [[fleet.change]]             # scale-out: the new ones start cold
//! at_s = 60
//! environments = 100
//! [[fleet.change]]             # scale-in: the last ones vanish
//! at_s = 200
//! environments = 10
//!
//! [[traffic]]                  # how many times the usual calls come
//! at_s = 60
//! factor = 10.0
//!
//! [[environment]]              # the first of the fleet differ
//! count = 3
//! failure_rate = 1.0           # so many of their calls fail, at least
//! traffic = 5.0                # each gets so many times the calls of others
//! from_s = 60                  # for a time; without it, always
//! until_s = 120
//!
//! [[clock]]                    # the clocks of the first of the fleet are set
//! at_s = 90
//! count = 2
//! by_ms = -3000                # back, or forward
//!
//! [[dependency]]
//! at_s = 0
//! failure_rate = 0.001
//! latency_ms = 20              # median; log-normal
//! [[dependency]]
//! at_s = 150
//! failure_rate = 1.0
//! retry_after_s = 5
//!
//! [store]
//! latency_ms = 4
//! stale_read_ms = 50
//! lost_reply_rate = 0.01
//! [[store.fault]]
//! at_s = 150
//! for_s = 30
//! kind = "slow"                # or "unavailable", "throttled"
//! latency_ms = 200             # 50 times the usual, unless given
//!
//! [[override]]
//! at_s = 250
//! for_s = 10
//! mode = "force_open"          # or "force_closed", "shadow", "withdrawn"
//!
//! [breaker]
//! kind = "fleet"               # or "per-environment", "shared-counter", "none"
//!
//! [policy]
//! open_for_ms = 5000
//! # "#;
//! # breaker_sim::scenario::Scenario::read(text)?;
//! # Ok::<(), breaker_sim::scenario::Mistakes>(())
//! ```

mod condition;
mod grid;
mod limits;
mod mistake;
mod read;
mod row;
pub(crate) mod section;
mod write;

use breaker_core::{OverrideMode, Policy};

pub use condition::Condition;
pub use grid::{Cell, Grid};
pub(crate) use limits::{BUSIEST, LARGEST_FLEET};
pub use mistake::{Mistake, Mistakes};
pub use read::read_file;
pub use row::{Check, Row};

use crate::units::{Micros, micros_of_s};

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
    /// Steps of clocks; by time.
    pub clocks: Vec<ClockStep>,
    /// What an operator orders; by time.
    pub overrides: Vec<ScheduledOverride>,
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
    /// How many there are at the beginning.
    pub environments: u32,
    /// How many there are later; by time.
    pub changes: Vec<FleetChange>,
    /// Calls of the whole fleet, however many environments there are.
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

/// The size of the fleet from a moment on.
///
/// New environments start cold. Those with the highest numbers vanish, with all
/// they know, each as soon as it has no call.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetChange {
    /// From then on.
    pub at_s: f64,
    /// How many environments there are.
    pub environments: u32,
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
    /// The median of the latency of a slow store; 50 times the usual one, if
    /// not given.
    pub latency_ms: Option<f64>,
}

/// How a store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No answer, nothing done.
    Unavailable,
    /// Everything takes 50 times as long, or as long as the fault says.
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
    /// How many times the calls of others each of them gets, as long as one of
    /// them is idle.
    pub traffic: f64,
    /// From when on they differ; from the start of the warm-up, if not given.
    pub from_s: Option<f64>,
    /// Until when they differ; until the end, if not given.
    pub until_s: Option<f64>,
}

/// Clocks that are set at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockStep {
    /// When.
    pub at_s: f64,
    /// How many environments' clocks; they are the first of the fleet.
    pub count: u32,
    /// By how much they are set forward, or back if it is negative.
    pub by_ms: i64,
}

/// What an operator orders.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduledOverride {
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

impl Fleet {
    /// How many environments there are at most at a time.
    pub fn most_environments(&self) -> u32 {
        let later = self.changes.iter().map(|change| change.environments);
        later.fold(self.environments, u32::max)
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
        dependency.failure_rate >= self.policy.failure_rate_threshold
            || dependency.latency_ms >= self.slow_from_ms()
    }

    /// From which length on a call is slow, in milliseconds: its caller gives
    /// it up, or the policy calls it so.
    pub(crate) fn slow_from_ms(&self) -> f64 {
        let slow_after = self.policy.slow_call_after.as_secs_f64() * 1e3;
        self.fleet.timeout_ms.min(slow_after)
    }
}
