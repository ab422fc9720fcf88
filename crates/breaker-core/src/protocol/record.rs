//! What the fleet shares about one circuit.

use std::{collections::BTreeMap, fmt};

use super::{Evidence, Traffic};
use crate::{policy::Policy, time::Timestamp};

/// Counts transitions. Each one raises it by one, and every change names the
/// epoch it was decided on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The most leases a record has room for.
pub const MAX_LEASE_SLOTS: u8 = 8;

/// One of the places for a probe's lease: 0 to `max_probes` − 1.
pub type LeaseSlot = u8;

/// A number that no two calls share; drawn at random from 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseOwner(pub u128);

/// The right of one call to be a probe, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The call that holds it.
    pub owner: LeaseOwner,
    /// From then on anybody may take its place.
    pub expires: Timestamp,
}

/// Where the circuit stands, with exactly the data that is valid there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Calls pass and are counted.
    Closed {
        /// When it closed.
        since: Timestamp,
    },
    /// Calls are refused.
    Open {
        /// When it opened.
        since: Timestamp,
        /// From then on a call may become a probe.
        until: Timestamp,
        /// How many recoveries have failed in a row.
        reopens: u32,
    },
    /// A few calls pass as probes.
    HalfOpen {
        /// When the first probe began.
        since: Timestamp,
        /// How many recoveries had failed in a row before this one.
        reopens: u32,
        /// How many probes have succeeded, pooled over the fleet.
        successes: u32,
        /// Who probes.
        leases: BTreeMap<LeaseSlot, Lease>,
    },
}

/// The name of a circuit's state, as people speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// The way back is being tried.
    HalfOpen,
    /// Refused by order of an operator.
    ForcedOpen,
    /// Admitted by order of an operator.
    ForcedClosed,
    /// Decided and measured, but everything is admitted.
    Shadow,
}

impl State {
    /// The state's name in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
            Self::Shadow => "shadow",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An operator's order that stands above the rules until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Override {
    /// What is ordered.
    pub mode: OverrideMode,
    /// Why.
    pub reason: String,
    /// By whom.
    pub actor: String,
    /// From then on it has no effect.
    pub expires: Timestamp,
}

/// What an operator may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum OverrideMode {
    /// Refuse every call.
    ForceOpen,
    /// Admit every call.
    ForceClosed,
    /// Admit every call, yet measure and decide as if it counted.
    Shadow,
}

impl OverrideMode {
    /// The mode's name in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForceOpen => "force_open",
            Self::ForceClosed => "force_closed",
            Self::Shadow => "shadow",
        }
    }
}

/// One circuit's shared record.
///
/// The default is the record of a circuit that nobody has written yet:
/// closed, epoch 0, no evidence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// How many transitions there have been.
    pub epoch: Epoch,
    /// Where the circuit stands.
    pub phase: Phase,
    /// What has been counted; only the current epoch's counts matter.
    pub evidence: Evidence,
    /// How much traffic there is, whatever the epoch.
    pub traffic: Traffic,
    /// An operator's order, perhaps expired.
    pub standing_override: Option<Override>,
    /// Why the last transition happened, in words.
    pub cause: Option<String>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            epoch: Epoch::default(),
            phase: Phase::Closed {
                since: Timestamp::default(),
            },
            evidence: Evidence::default(),
            traffic: Traffic::default(),
            standing_override: None,
            cause: None,
        }
    }
}

impl Record {
    /// The order in force at `now`.
    pub fn active_override(&self, now: Timestamp) -> Option<&Override> {
        self.standing_override
            .as_ref()
            .filter(|order| now < order.expires)
    }

    /// The state that the rules give at `now`, whatever an operator ordered.
    ///
    /// It follows from timestamps: an open circuit whose time is over is half
    /// open, whether or not a call has come to notice.
    pub fn state(&self, now: Timestamp) -> State {
        match &self.phase {
            Phase::Closed { .. } => State::Closed,
            Phase::Open { until, .. } if now < *until => State::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => State::HalfOpen,
        }
    }

    /// The state that calls meet at `now`: an operator's order, else the rules.
    pub fn effective_state(&self, now: Timestamp) -> State {
        match self.active_override(now).map(|order| order.mode) {
            Some(OverrideMode::ForceOpen) => State::ForcedOpen,
            Some(OverrideMode::ForceClosed) => State::ForcedClosed,
            Some(OverrideMode::Shadow) => State::Shadow,
            None => self.state(now),
        }
    }

    /// Until when no call passes at all; `None` if some may. By the rules or by an
    /// operator's order.
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        match (self.active_override(now), &self.phase) {
            (Some(order), _) => (order.mode == OverrideMode::ForceOpen).then_some(order.expires),
            (None, Phase::Open { until, .. }) => Some(*until).filter(|until| now < *until),
            (None, Phase::Closed { .. } | Phase::HalfOpen { .. }) => None,
        }
    }

    /// When the current phase began.
    pub fn since(&self) -> Timestamp {
        match self.phase {
            Phase::Closed { since } | Phase::Open { since, .. } | Phase::HalfOpen { since, .. } => {
                since
            }
        }
    }
    /// The share of calls that a closed circuit admits at `now`.
    ///
    /// It grows from [`Policy::ramp_from`] to 1 in [`Policy::ramp_for`], so
    /// that a dependency that has just recovered is not met by everybody at
    /// once. It follows from the record alone, so it is the same everywhere.
    pub fn ramp(&self, policy: &Policy, now: Timestamp) -> f64 {
        let Phase::Closed { since } = self.phase else {
            return 1.0;
        };
        let elapsed = now.since(since);
        if elapsed >= policy.ramp_for || since == Timestamp::default() {
            return 1.0;
        }
        let done = elapsed.as_secs_f64() / policy.ramp_for.as_secs_f64();
        policy.ramp_from + (1.0 - policy.ramp_from) * done
    }

    /// When the ramp ends, if one is under way.
    pub fn ramp_ends(&self, policy: &Policy) -> Option<Timestamp> {
        match self.phase {
            Phase::Closed { since } if since != Timestamp::default() => {
                Some(since + policy.ramp_for)
            }
            Phase::Closed { .. } | Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
