//! The faults that somebody asked for, shared by all execution environments.
//!
//! They lie in one item of the circuits' table. Each environment reads it at
//! most once a second, and only where the stage allows faults at all; requests
//! carry what it says to the other functions.

mod error;
mod table;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use contract::{Fault, FaultTarget, Faults};
use lambda_kit::{
    clock::Clock,
    faults::{FaultInjection, Injector},
};
use tokio::time::timeout;

pub use self::{error::FaultTableError, table::FaultTable};

/// How long what was read is good for: half of what may pass until every
/// environment honours a change.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How long a request may be held up by reading.
const READING_LIMIT: Duration = Duration::from_millis(250);

/// What this execution environment knows of the faults in force.
#[derive(Clone)]
pub struct FaultWatch {
    injection: FaultInjection,
    table: FaultTable,
    injector: Injector,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    faults: Faults,
    /// When the table was last asked, with or without success.
    asked: Option<DateTime<Utc>>,
}

/// Faults are refused in this deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultsRefused;

impl FaultWatch {
    /// Watches `table`, unless faults are refused.
    pub fn new(injection: FaultInjection, table: FaultTable, clock: Arc<dyn Clock>) -> Self {
        Self {
            injection,
            table,
            injector: Injector::new(injection, Arc::clone(&clock)),
            clock,
            known: Arc::default(),
        }
    }

    /// Whether anybody may ask for faults.
    pub fn is_allowed(&self) -> bool {
        self.injection == FaultInjection::Allowed
    }

    /// What strikes the operations of this environment itself.
    pub fn injector(&self) -> Injector {
        self.injector.clone()
    }

    /// The table, to change what it says.
    ///
    /// # Errors
    ///
    /// If faults are refused.
    pub fn table(&self) -> Result<&FaultTable, FaultsRefused> {
        if self.is_allowed() {
            Ok(&self.table)
        } else {
            Err(FaultsRefused)
        }
    }

    /// The faults in force, read anew if what is known is a second old. Trouble
    /// with the table changes nothing: what was known ends by itself.
    pub async fn current(&self) -> Faults {
        let now = self.clock.now();
        if self.is_allowed() && self.is_due(now) {
            match timeout(READING_LIMIT, self.table.load()).await {
                Ok(Ok(faults)) => self.learn(faults),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "faults cannot be read");
                }
                Err(_) => tracing::warn!("faults cannot be read in time"),
            }
        }
        self.known(|known| known.faults.clone()).in_force(now)
    }

    /// Takes over what the table says.
    pub fn learn(&self, faults: Faults) {
        self.injector.follow(faults.clone());
        self.known(|known| known.faults = faults);
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.known(|known| {
            let due = known.asked.is_none_or(|asked| now >= asked + GOOD_FOR);
            if due {
                known.asked = Some(now);
            }
            due
        })
    }

    fn known<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What somebody wants of the faults.
#[derive(Debug, Clone, Copy)]
pub enum FaultChange {
    /// This one, in place of what the target had.
    Put(FaultTarget, Fault),
    /// None for this target.
    End(FaultTarget),
    /// None at all.
    EndAll,
}
