//! How large a world is, and what may go wrong in it.

use std::time::Duration;

use breaker_core::Policy;

use crate::{Coverage, Rule, Store};

/// How long a step of the clock is.
pub const TICK_MS: u64 = 1_000;

/// The bounds of one check. Everything that is possible within them is tried.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The environments.
    pub places: Vec<Place>,
    /// What the store holds at first; each is a world of its own.
    pub starts: Vec<Start>,
    /// How many steps the clock takes.
    pub ticks: u8,
    /// What may go wrong.
    pub faults: Vec<Fault>,
    /// How often in all.
    pub fault_count: u8,
    /// Whether calls of a healthy circuit pass by the processes' gates.
    pub gate: Gate,
    /// What the store makes sure of.
    pub store: Store,
    /// How the processes are driven.
    pub driver: Driver,
    /// The rules that are watched. A world in which one is broken is not
    /// followed any further, so it takes leaving one out to see what comes of
    /// breaking it.
    pub rules: Vec<Rule>,
    /// What must be come across, so that the check is not an empty one.
    pub expected: Vec<Coverage>,
}

/// One environment.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// How far its clock is off.
    pub skew_ms: i64,
    /// How many calls come to it.
    pub calls: u8,
    /// How many of them can be under way at once.
    pub lanes: u8,
    /// Whether it knows the first record already.
    pub warm: bool,
}

/// Whether calls of a healthy circuit pass by the processes' gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// All calls are decided about under the lock. Wherever the circuit is not
    /// closed it makes no difference.
    Shut,
    /// They do, as outside.
    Used,
}

/// What the store holds at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nobody has written anything.
    Closed,
    /// Open for another step of the clock, for the first time.
    Open,
    /// Half open; one probe has succeeded, another's environment died, and its
    /// lease is over after two steps of the clock.
    HalfOpen,
    /// Half open as `HalfOpen`, with many calls, after it had opened on a partial
    /// failure: seven probes have succeeded, and eight must.
    InDoubt,
    /// Closed, and suspected.
    Suspected,
}

/// Something that may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer comes within the time-out. The request is lost, or done
    /// before, or done at any time later.
    Lost,
    /// An answer takes its time, so that others, and the clock, come between
    /// what the store did and what is made of it.
    Slow,
    /// A read shows the version before.
    Stale,
    /// The store says that another change was under way.
    Contended,
    /// The stored value cannot be understood.
    Unreadable,
    /// A call is cancelled, or proves nothing.
    Cancelled,
    /// An environment vanishes, and a cold one takes its place.
    Crashed,
    /// An environment does not run for as long as it likes, in the midst of
    /// whatever it does.
    Frozen,
    /// An operator places or withdraws an override.
    Overridden,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Lost,
        Self::Slow,
        Self::Stale,
        Self::Contended,
        Self::Unreadable,
        Self::Cancelled,
        Self::Crashed,
        Self::Frozen,
        Self::Overridden,
    ];
}

/// How a process is driven. All but the first are mistakes, to show that they
/// are caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// As it should be.
    Honest,
    /// A lost answer is told as if nothing had been done.
    DoubtAsLost,
    /// A lost answer is told as if the change had been made.
    DoubtAsMade,
    /// A stored value that cannot be understood is told as a new circuit.
    UnreadableAsClosed,
    /// A call that proved nothing is told as a success.
    NothingAsSuccess,
    /// The store is never asked; it is said to have too much to do.
    StoreAway,
    /// A circuit is closed after half of the successes that are asked for.
    ClosesEarly,
}

/// A policy under which much happens in a few steps: two failures in two slots
/// open, two probes at a time, two successes close.
///
/// The lease lasts only just as long as it must for a probe, twice the skew of
/// the clocks and twice the store's time-out.
pub fn policy() -> Policy {
    let ticks = |ticks: u64| Duration::from_millis(ticks * TICK_MS);
    Policy {
        rate_margin: 0.3,
        // Two failures are worth 2 · ln(0.8 / 0.2) = 2.77.
        evidence_bound: 2.5,
        slow_call_after: ticks(1_000),
        slot: ticks(1),
        window_slots: 2,
        window: ticks(10),
        // A heartbeat's chance is below the number that is always drawn.
        heartbeats_per_s: 0.01,
        open_for: ticks(2),
        open_growth: 2.0,
        open_for_max: ticks(4),
        open_jitter: 0.0,
        max_probes: 2,
        successes_to_close: 2,
        probe_timeout: ticks(1),
        clock_skew: ticks(1) / 2,
        store_timeout: ticks(1),
        lease_for: ticks(4) + Duration::from_millis(100),
        ramp_for: ticks(1),
        refresh_after: ticks(1),
        max_stale: ticks(3),
        ..Policy::default()
    }
}
