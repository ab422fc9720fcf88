//! What the fleet shares about one circuit.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::{Epoch, Evidence, Traffic};
use crate::{policy::Policy, time::Timestamp};

/// A circuit that has been closed for so long is trusted again.
const DOUBT_LASTS: Duration = Duration::from_mins(10);

/// The most leases a record has room for.
pub const MAX_LEASES: u8 = 8;

/// One of the places for a probe's lease: 0 to `max_probes` − 1.
pub type LeaseIndex = u8;

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
        /// When it had opened before.
        opened: Timestamp,
        /// How often in a row it had opened on a partial failure before.
        doubt: u32,
        /// Since when so many calls have gone wrong that whoever knows tells
        /// of every call.
        suspected: Option<Timestamp>,
    },
    /// Calls are refused.
    Open {
        /// When this attempt to leave the dependency alone began.
        since: Timestamp,
        /// When the circuit opened, before all attempts to recover.
        opened: Timestamp,
        /// From then on a call may become a probe.
        until: Timestamp,
        /// How many recoveries have failed in a row.
        reopens: u32,
        /// How often in a row it has opened on a partial failure.
        doubt: u32,
    },
    /// A few calls pass as probes.
    HalfOpen {
        /// When the first probe began.
        since: Timestamp,
        /// When the circuit opened, before all attempts to recover.
        opened: Timestamp,
        /// How many recoveries had failed in a row before this one.
        reopens: u32,
        /// How often in a row it has opened on a partial failure.
        doubt: u32,
        /// How many probes have succeeded, pooled over the fleet.
        successes: u32,
        /// How many have failed and were outweighed by successes.
        failures: u32,
        /// Who probes.
        leases: BTreeMap<LeaseIndex, Lease>,
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

/// An operator's override that stands above the rules until it expires.
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

/// What an operator may override a circuit with.
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
    /// An operator's override, perhaps expired.
    pub standing_override: Option<Override>,
    /// Why the last transition happened, in words.
    pub cause: Option<String>,
}

impl Phase {
    /// Closed since then, with no doubt and no suspicion.
    pub const fn closed(since: Timestamp) -> Self {
        Self::Closed {
            since,
            opened: since,
            doubt: 0,
            suspected: None,
        }
    }

    /// Whether this is the end of a failed attempt to recover, or an attempt
    /// that follows one.
    pub fn is_another_attempt(&self) -> bool {
        match self {
            Self::Closed { .. } => false,
            Self::Open { reopens, .. } | Self::HalfOpen { reopens, .. } => *reopens > 0,
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self {
            epoch: Epoch::default(),
            phase: Phase::closed(Timestamp::default()),
            evidence: Evidence::default(),
            traffic: Traffic::default(),
            standing_override: None,
            cause: None,
        }
    }
}

impl Record {
    /// The override in force at `now`.
    pub fn active_override(&self, now: Timestamp) -> Option<&Override> {
        self.standing_override
            .as_ref()
            .filter(|placed| now < placed.expires)
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

    /// The state that calls meet at `now`: an operator's override, else the rules.
    pub fn effective_state(&self, now: Timestamp) -> State {
        match self.active_override(now).map(|placed| placed.mode) {
            Some(OverrideMode::ForceOpen) => State::ForcedOpen,
            Some(OverrideMode::ForceClosed) => State::ForcedClosed,
            Some(OverrideMode::Shadow) => State::Shadow,
            None => self.state(now),
        }
    }

    /// Until when no call passes at all; `None` if some may. By the rules or by an
    /// operator's override.
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        match (self.active_override(now), &self.phase) {
            (Some(placed), _) => (placed.mode == OverrideMode::ForceOpen).then_some(placed.expires),
            (None, Phase::Open { until, .. }) => Some(*until).filter(|until| now < *until),
            (None, Phase::Closed { .. } | Phase::HalfOpen { .. }) => None,
        }
    }

    /// When the current phase began.
    pub fn since(&self) -> Timestamp {
        match self.phase {
            Phase::Closed { since, .. }
            | Phase::Open { since, .. }
            | Phase::HalfOpen { since, .. } => since,
        }
    }

    /// Since when the closed circuit has been suspected of an outage.
    pub fn suspected(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Closed { suspected, .. } => suspected,
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// When the circuit opened; `now` if it is closed.
    pub(super) fn opened(&self, now: Timestamp) -> Timestamp {
        match self.phase {
            Phase::Closed { .. } => now,
            Phase::Open { opened, .. } | Phase::HalfOpen { opened, .. } => opened,
        }
    }

    /// How often in a row the circuit has opened on a partial failure, as far
    /// as that still matters.
    pub(crate) fn doubt(&self, now: Timestamp) -> u32 {
        match self.phase {
            Phase::Closed { since, .. } if now.since(since) >= DOUBT_LASTS => 0,
            Phase::Closed { doubt, .. }
            | Phase::Open { doubt, .. }
            | Phase::HalfOpen { doubt, .. } => doubt,
        }
    }

    /// The share of calls that a closed circuit admits at `now`.
    ///
    /// It grows from [`Policy::ramp_from`] to 1 in [`Policy::ramp_for`], so
    /// that a dependency that has just recovered is not met by everybody at
    /// once; sooner if the circuit was not open for as long. It follows from
    /// the record alone, so it is the same everywhere.
    pub fn ramp(&self, policy: &Policy, now: Timestamp) -> f64 {
        let Phase::Closed { since, opened, .. } = self.phase else {
            return 1.0;
        };
        let (elapsed, whole) = (now.since(since), ramp_for(since, opened, policy));
        if elapsed >= whole {
            return 1.0;
        }
        let done = elapsed.as_secs_f64() / whole.as_secs_f64();
        policy.ramp_from + (1.0 - policy.ramp_from) * done
    }

    /// When the ramp ends, if one is under way.
    pub fn ramp_ends(&self, policy: &Policy) -> Option<Timestamp> {
        match self.phase {
            Phase::Closed { since, opened, .. } if opened < since => {
                Some(since + ramp_for(since, opened, policy))
            }
            Phase::Closed { .. } | Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        }
    }
}

/// How long admission grows for after an outage.
fn ramp_for(closed: Timestamp, opened: Timestamp, policy: &Policy) -> Duration {
    policy.ramp_for.min(closed.since(opened))
}

#[cfg(test)]
mod tests;
