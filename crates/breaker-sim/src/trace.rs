//! What happened when, for pictures.

use serde::Serialize;

use crate::{
    process::{CircuitState, Refusal},
    units::Micros,
};

/// A run, second by second.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Trace {
    /// From the start of the run.
    pub seconds: Vec<Second>,
    /// Where the circuit stood, from when on, in seconds from the start.
    pub states: Vec<(f64, CircuitState)>,
    /// Every call whose fate was decided, in the order of the decisions; empty
    /// unless the run was to keep them.
    #[serde(skip)]
    pub calls: Vec<Call>,
}

/// One call of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// When it arrived, since the start of the run.
    pub arrived: Micros,
    /// The number of its environment in the fleet.
    pub environment: u32,
    /// What the breaker decided.
    pub fate: Fate,
}

/// What a breaker decided about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It passed, as a probe or not.
    Admitted,
    /// It was refused by this.
    Refused(Refusal),
}

/// One second of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Second {
    /// Calls that arrived.
    pub calls: u32,
    /// Calls that passed.
    pub admitted: u32,
    /// Calls that did not pass.
    pub rejected: u32,
    /// Calls that ended badly.
    pub failed: u32,
    /// Reads of the store.
    pub reads: u32,
    /// Writes of the store.
    pub writes: u32,
    /// Requests that the store refused.
    pub refused: u32,
}

impl Second {
    /// Adds another second's events to this one's.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.admitted += other.admitted;
        self.rejected += other.rejected;
        self.failed += other.failed;
        self.reads += other.reads;
        self.writes += other.writes;
        self.refused += other.refused;
    }
}
