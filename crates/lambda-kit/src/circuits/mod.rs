//! The circuits of this system, which all lie in one table.
//!
//! Each is named after what it guards, and every function that makes calls
//! through one, or shows it, takes it from here: by the same rules, struck by the
//! faults that somebody asked for, counted and timed.

mod counted;
mod faulty_store;
mod measured_store;

use breaker_core::{Breaker, DynamoDbStore, Policy, PolicyError, store::CircuitNameError};

pub use self::{counted::Counted, faulty_store::FaultyStore, measured_store::MeasuredStore};
use crate::faults::Injector;

/// Guards the Retry Lambda.
pub const RETRY: &str = "retry";
/// Guards the Fallback Lambda.
pub const FALLBACK: &str = "fallback";
/// Guards the database, inside the Retry Lambda.
pub const DATABASE: &str = "database";
/// Guards the cache, inside the Retry Lambda.
pub const CACHE: &str = "cache";

/// Where the circuits are kept, with all that is done to it on the way.
pub type Store = MeasuredStore<FaultyStore<DynamoDbStore>>;

/// The table that the circuits lie in.
#[derive(Clone)]
pub struct Table {
    store: Store,
}

/// Why there is no such circuit.
#[derive(Debug, thiserror::Error)]
pub enum CircuitError {
    /// A circuit cannot have this name.
    #[error(transparent)]
    Name(#[from] CircuitNameError),
    /// The rules make no sense.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl Table {
    /// The table called `name`; `faults` strike what is asked of it.
    pub fn new(client: aws_sdk_dynamodb::Client, name: String, faults: Injector) -> Self {
        let store = DynamoDbStore::new(client, name);
        Self {
            store: MeasuredStore(FaultyStore::new(store, faults)),
        }
    }

    /// A handle on a circuit.
    ///
    /// # Errors
    ///
    /// If there can be no such circuit.
    pub fn circuit(&self, name: &str) -> Result<Breaker<Store>, CircuitError> {
        let builder = Breaker::builder(name.parse()?, Policy::default(), self.store.clone());
        Ok(builder.observer(Counted::default()).build()?)
    }
}
