//! What happens, and what is there to withstand it.

use std::{fmt, ops::Range, time::Duration};

use api_lambda::path::RetryLimits;

use super::{
    Run,
    dependency::{Stale, Trouble},
    fleet::Clients,
};

/// Trouble begins and ends at these seconds.
pub(super) const TROUBLE: Range<usize> = 30..60;

/// The run ends at this second.
pub(super) const END: usize = 110;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scenario {
    pub(super) trouble: Trouble,
    pub(super) clients: Clients,
    pub(super) stale: Stale,
}

const PLAIN: Scenario = Scenario {
    trouble: Trouble::Slow,
    clients: Clients::GiveUp,
    stale: Stale::Worked,
};

/// The plain one, then each time one thing is different.
pub(super) const SCENARIOS: [Scenario; 4] = [
    PLAIN,
    Scenario {
        trouble: Trouble::Failing,
        ..PLAIN
    },
    Scenario {
        clients: Clients::AskAgain,
        ..PLAIN
    },
    Scenario {
        stale: Stale::Skipped,
        ..PLAIN
    },
];

impl Scenario {
    /// The trouble there is so long after the beginning.
    pub(super) fn trouble_at(self, elapsed: Duration) -> Option<Trouble> {
        let second = usize::try_from(elapsed.as_secs()).unwrap();
        TROUBLE.contains(&second).then_some(self.trouble)
    }
}

/// Whether the circuit may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circuit {
    /// By the default policy.
    Deployed,
    /// An operator has ordered that it stay closed.
    HeldClosed,
}

/// Whether anything but their number bounds the attempts at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retries {
    /// The budget and the circuit's suspicion.
    Deployed,
    /// Nothing.
    Unlimited,
}

impl Retries {
    pub(super) fn limits(self) -> RetryLimits {
        let deployed = RetryLimits::default();
        match self {
            Self::Deployed => deployed,
            Self::Unlimited => RetryLimits {
                earned: 1_000.0,
                reserve_per_s: 1_000_000,
                suspicion: f64::INFINITY,
                ..deployed
            },
        }
    }
}

/// What stands between clients and a dependency in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Protection {
    pub(super) circuit: Circuit,
    pub(super) retries: Retries,
}

impl Protection {
    pub(super) const DEPLOYED: Self = Self {
        circuit: Circuit::Deployed,
        retries: Retries::Deployed,
    };
    pub(super) const WITHOUT_RETRY_LIMITS: Self = Self {
        circuit: Circuit::Deployed,
        retries: Retries::Unlimited,
    };
    pub(super) const WITHOUT_CIRCUIT: Self = Self {
        circuit: Circuit::HeldClosed,
        retries: Retries::Deployed,
    };
    pub(super) const NONE: Self = Self {
        circuit: Circuit::HeldClosed,
        retries: Retries::Unlimited,
    };
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.trouble {
            Trouble::Slow => "slow",
            Trouble::Failing => "slow and failing",
        })?;
        match self.clients {
            Clients::GiveUp => {}
            Clients::AskAgain => formatter.write_str(", clients ask once more")?,
        }
        match self.stale {
            Stale::Worked => Ok(()),
            Stale::Skipped => formatter.write_str(", jobs past their deadline are skipped"),
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match (self.circuit, self.retries) {
            (Circuit::Deployed, Retries::Deployed) => "as deployed",
            (Circuit::Deployed, Retries::Unlimited) => "no retry limits",
            (Circuit::HeldClosed, Retries::Deployed) => "no circuit",
            (Circuit::HeldClosed, Retries::Unlimited) => "neither",
        })
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}", self.scenario, self.protection)
    }
}
