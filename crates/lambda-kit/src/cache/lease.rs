//! Whose turn it is to ask for what the cache does not have.
//!
//! A lease lies beside the place of its entry and ends by itself, so that an
//! owner that dies keeps the others waiting no longer than that. It only saves
//! work: who holds none may ask all the same. So what lies in its place and does
//! not end in time is no lease, whatever it is, and gives way.

use std::time::Duration;

use contract::CacheKey;

use super::{Cache, CacheError, connection::Question};

const ASKING: &[u8] = b"asking";
const ABSENT: &[u8] = b"absent";

/// Longer than any word that may lie in a lease's place.
const LONGEST_WORD: usize = 15;

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
    /// If the answer to a first try was lost, the caller may find its own lease
    /// taken; it then waits for nothing, but not for long.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn lease(&self, key: &CacheKey, life: Duration) -> Result<Lease, CacheError> {
        let place = self.lease_place(key);
        let mut take = redis::cmd("SET");
        take.arg(&place).arg(ASKING).arg("NX");
        take.arg("PX").arg(in_ms(life));
        let mut word = redis::cmd("GETRANGE");
        word.arg(&place).arg(0).arg(LONGEST_WORD);
        let mut time_left = redis::cmd("PTTL");
        time_left.arg(&place);
        let found = self
            .ask(&Question::of([take, word, time_left]), |mut answers| {
                let taken: Option<()> = answers.next()?;
                if taken.is_some() {
                    return Ok(Some(Lease::Won));
                }
                let word: Vec<u8> = match answers.next() {
                    Err(failure) if failure.is_wrong_type() => return Ok(None),
                    word => word?,
                };
                let time_left: i64 = answers.next()?;
                Ok(lease_found(&word, time_left, life))
            })
            .await?;
        match found {
            Some(lease) => Ok(lease),
            None => self.end_lease(key).await.map(|()| Lease::Won),
        }
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
        self.ask(&command.into(), |mut answers| Ok(answers.next()?))
            .await
    }

    /// Ends the lease on `key`, for the next to ask. If it has passed to
    /// somebody else meanwhile, one more may ask at a time; no harm is done.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn end_lease(&self, key: &CacheKey) -> Result<(), CacheError> {
        self.ask(&delete(&self.lease_place(key)), |mut answers| {
            Ok(answers.next()?)
        })
        .await
    }

    fn lease_place(&self, key: &CacheKey) -> String {
        format!("{}:lease", self.place(key))
    }
}

/// What a word that ends in `time_left_ms` means to somebody whose leases last for
/// `life`; nothing, if it does not end by then. Minus one stands for no end, minus two
/// for a word that ended a moment ago.
fn lease_found(word: &[u8], time_left_ms: i64, life: Duration) -> Option<Lease> {
    match u128::try_from(time_left_ms) {
        Ok(ms) if ms > in_ms(life) => None,
        Err(_) if time_left_ms == -1 => None,
        _ if word == ABSENT => Some(Lease::Absent),
        _ => Some(Lease::Taken),
    }
}

/// Removes whatever lies at `place`.
pub(super) fn delete(place: &str) -> Question {
    let mut command = redis::cmd("DEL");
    command.arg(place);
    command.into()
}

/// At least one millisecond, because the cache refuses zero.
fn in_ms(life: Duration) -> u128 {
    life.as_millis().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_in_time_is_no_lease() {
        let life = Duration::from_millis(500);
        let found = |word: &[u8], time_left_ms| lease_found(word, time_left_ms, life);
        for word in [ASKING, ABSENT, b"anything"] {
            assert_eq!(found(word, -1), None, "no end");
            assert_eq!(found(word, 501), None, "too late an end");
        }
        assert_eq!(found(ASKING, 500), Some(Lease::Taken));
        assert_eq!(found(b"anything", 0), Some(Lease::Taken));
        assert_eq!(found(ABSENT, 500), Some(Lease::Absent));
        assert_eq!(found(b"", -2), Some(Lease::Taken), "it ended meanwhile");
    }
}
