//! Whose turn it is to ask for what the cache does not have.
//!
//! A lease lies beside the place of its entry and ends by itself, so that an
//! owner that dies keeps the others waiting no longer than that. It only saves
//! work: who holds none may ask all the same.

use std::time::Duration;

use contract::CacheKey;

use super::{Cache, CacheError};

const ASKING: &str = "asking";
const ABSENT: &str = "absent";

/// What asking for a lease came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It is the caller's: the caller asks.
    Won,
    /// Somebody else is asking.
    Taken,
    /// Somebody asked a moment ago, and there is nothing.
    Absent,
}

impl Cache {
    /// Asks for the lease on `key`, which lasts for `life` if it is won.
    ///
    /// If the answer to a first try was lost, the caller may be told that its
    /// own lease is taken; it then waits in vain, but not for long.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn lease(&self, key: &CacheKey, life: Duration) -> Result<Lease, CacheError> {
        let mut command = redis::cmd("SET");
        command.arg(self.lease_place(key)).arg(ASKING);
        command.arg("NX").arg("GET").arg("PX").arg(in_ms(life));
        let found: Option<String> = self.ask(&command).await?;
        Ok(match found.as_deref() {
            None => Lease::Won,
            Some(ABSENT) => Lease::Absent,
            Some(_) => Lease::Taken,
        })
    }

    /// Tells those who wait for `key`, for as long as `life`, that there is
    /// nothing. An entry under the key is worth more than this note.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn note_absent(&self, key: &CacheKey, life: Duration) -> Result<(), CacheError> {
        let mut command = redis::cmd("SET");
        command.arg(self.lease_place(key)).arg(ABSENT);
        command.arg("PX").arg(in_ms(life));
        self.ask(&command).await
    }

    /// Ends the lease on `key`, for the next to ask. If it has passed to
    /// somebody else meanwhile, one more may ask at a time; no harm is done.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn end_lease(&self, key: &CacheKey) -> Result<(), CacheError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.lease_place(key));
        self.ask(&command).await
    }

    fn lease_place(&self, key: &CacheKey) -> String {
        format!("{}:lease", self.place(key))
    }
}

/// At least one millisecond, because the cache refuses zero.
fn in_ms(life: Duration) -> u128 {
    life.as_millis().max(1)
}
