//! Faults that somebody asked for, to see what the system makes of them.
//!
//! A [`Request`](crate::Request) carries the faults that are in force, as it
//! carries the deadline: so every function behind the API Lambda honours them
//! at once, and needs no access to where they are kept.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What can be given a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FaultTarget {
    /// What the Retry Lambda asks of the database.
    Database,
    /// What the Retry and the Fallback Lambda ask of the cache.
    Cache,
    /// The Retry Lambda as a whole.
    Retry,
    /// The Fallback Lambda as a whole.
    Fallback,
    /// What the circuit breaker asks of its table.
    Store,
}

/// A word that is no [`FaultTarget`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be database, cache, retry, fallback or store")]
pub struct FaultTargetError;

impl FaultTarget {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Database,
        Self::Cache,
        Self::Retry,
        Self::Fallback,
        Self::Store,
    ];

    /// The target's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Retry => "retry",
            Self::Fallback => "fallback",
            Self::Store => "store",
        }
    }
}

impl fmt::Display for FaultTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for FaultTarget {
    type Err = FaultTargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|target| target.as_str() == text)
            .ok_or(FaultTargetError)
    }
}

/// What a fault does to an operation that it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// It fails at once and does nothing.
    Error,
    /// It takes longer, and is done.
    Latency {
        /// By how many milliseconds.
        latency_ms: u32,
    },
    /// It never ends by itself.
    Hang,
    /// It is done, but the answer is lost; a function takes its execution
    /// environment along.
    Crash,
}

/// The share of operations that a fault strikes, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct FaultRate(u32);

/// A number that is no [`FaultRate`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be above 0 and at most 1")]
pub struct FaultRateError;

impl FaultRate {
    /// Every operation.
    pub const ALWAYS: Self = Self(Self::PARTS);
    const PARTS: u32 = 1_000_000;
}

impl TryFrom<f64> for FaultRate {
    type Error = FaultRateError;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a million, and positive"
    )]
    fn try_from(rate: f64) -> Result<Self, Self::Error> {
        if rate > 0.0 && rate <= 1.0 {
            // A rate that somebody asked for is never none at all.
            let parts = (rate * f64::from(Self::PARTS)).round();
            Ok(Self((parts as u32).max(1)))
        } else {
            Err(FaultRateError)
        }
    }
}

impl From<FaultRate> for f64 {
    fn from(FaultRate(parts): FaultRate) -> Self {
        Self::from(parts) / Self::from(FaultRate::PARTS)
    }
}

/// A fault, which ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What it does.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How often it does so.
    pub rate: FaultRate,
    /// When it has no effect any more.
    pub expires: DateTime<Utc>,
}

/// The faults asked for, at most one a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Faults(pub BTreeMap<FaultTarget, Fault>);

impl Faults {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that have not expired at `now`.
    #[must_use]
    pub fn in_force(mut self, now: DateTime<Utc>) -> Self {
        self.0.retain(|_, fault| now < fault.expires);
        self
    }

    /// What strikes an operation on `target` at `now`, if anything does; `draw`
    /// is uniform from 0 to 1, without 1.
    pub fn strike(&self, target: FaultTarget, now: DateTime<Utc>, draw: f64) -> Option<FaultKind> {
        let fault = self.0.get(&target)?;
        (now < fault.expires && draw < f64::from(fault.rate)).then_some(fault.kind)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn faults(rate: f64) -> Faults {
        let fault = Fault {
            kind: FaultKind::Hang,
            rate: rate.try_into().unwrap(),
            expires: DateTime::UNIX_EPOCH + Duration::from_mins(1),
        };
        Faults(BTreeMap::from([(FaultTarget::Cache, fault)]))
    }

    #[test]
    fn a_fault_strikes_its_target_as_often_as_asked_until_it_expires() {
        let faults = faults(0.25);
        let at = |s| DateTime::UNIX_EPOCH + Duration::from_secs(s);
        let strike = |target, s, draw| faults.strike(target, at(s), draw);
        assert_eq!(strike(FaultTarget::Cache, 59, 0.24), Some(FaultKind::Hang));
        assert_eq!(strike(FaultTarget::Cache, 59, 0.25), None);
        assert_eq!(strike(FaultTarget::Cache, 60, 0.0), None, "expired");
        assert_eq!(strike(FaultTarget::Database, 0, 0.0), None);
        assert!(faults.clone().in_force(at(60)).is_empty());
        assert_eq!(faults.clone().in_force(at(59)), faults);
    }

    #[test]
    fn rates_have_bounds() {
        for bad in [0.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(FaultRate::try_from(bad), Err(FaultRateError), "{bad}");
        }
        assert_eq!(FaultRate::try_from(1.0), Ok(FaultRate::ALWAYS));
        assert!(f64::from(FaultRate::try_from(1e-12).unwrap()) > 0.0);
    }

    #[test]
    fn a_rate_survives_being_carried() {
        for parts in (1..=FaultRate::PARTS).step_by(10) {
            let rate = FaultRate(parts);
            assert_eq!(FaultRate::try_from(f64::from(rate)), Ok(rate));
        }
    }

    #[test]
    fn what_is_carried_reads_well() {
        let mut faults = faults(0.5);
        let slow = FaultKind::Latency { latency_ms: 250 };
        faults.0.get_mut(&FaultTarget::Cache).unwrap().kind = slow;
        let carried = json!({"cache": {
            "kind": "latency", "latency_ms": 250, "rate": 0.5, "expires": "1970-01-01T00:01:00Z",
        }});
        assert_eq!(serde_json::to_value(&faults).unwrap(), carried);
        assert_eq!(serde_json::from_value::<Faults>(carried).unwrap(), faults);
    }
}
