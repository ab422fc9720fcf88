//! The cache, which may be absent, dead or hanging without doing much harm.
//!
//! Nothing of what the cache does is needed for a right answer, so every error
//! here is one that callers treat like a missing entry. Two bounds keep a bad
//! cache cheap: one operation, with everything it needs, takes at most
//! [`CacheConfig::limit`], and a handle may be put behind a circuit
//! ([`Cache::behind`]), which spares the whole fleet a cache that fails.
//! [`Cache::put_now`] alone does not respect that, because what it does not
//! replace is wrong.
//!
//! * `config` says where the cache is.
//! * `connection` asks it, over the one connection.
//! * `failure` tells its refusals apart: about a command, or about the server.
//! * `put` writes entries, and `lease` says whose turn it is to ask the database.

mod config;
mod connection;
mod error;
mod failure;
mod lease;
mod put;

use std::sync::Arc;

use contract::{AttemptOutcome, CacheEntry, CacheEntryError, CacheKey, Incarnation};

pub use self::{
    config::{CacheAuth, CacheConfig, CacheTrust, CacheTrustError, CacheUrl, CacheUrlError},
    error::CacheError,
    failure::{Code, Failure},
    lease::Lease,
    put::Put,
};
use self::{
    connection::{Answers, Line, Question},
    error::classify,
    lease::delete,
    put::{Places, Where},
};
use crate::{
    circuit::{Circuit, Withheld, through},
    faults::Injector,
    iam::Login,
};

/// A handle on the cache; clones share its connection.
#[derive(Clone)]
pub struct Cache {
    line: Arc<Line>,
    circuit: Option<Arc<dyn Circuit>>,
}

impl Cache {
    /// The cache that `config` describes. Nothing is connected yet.
    pub fn new(config: CacheConfig, login: Login, faults: Injector) -> Self {
        Self {
            line: Arc::new(Line::new(config, login, faults)),
            circuit: None,
        }
    }

    /// The same, asked only through a circuit: each operation is a call of its
    /// own.
    #[must_use]
    pub fn behind(self, circuit: Arc<dyn Circuit>) -> Self {
        Self {
            circuit: Some(circuit),
            ..self
        }
    }

    /// The entry under `key`, fresh or not. At most [`CacheKey::longest_entry`] bytes are
    /// read of it.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now, or the entry is not: see
    /// [`CacheEntryError`].
    pub async fn get(&self, key: &CacheKey) -> Result<Option<CacheEntry>, CacheError> {
        let mut entry = redis::cmd("GETRANGE");
        entry.arg(self.place(key)).arg(0).arg(key.longest_entry());
        let mut incarnation = redis::cmd("GETRANGE");
        incarnation.arg(self.incarnation_place()).arg(0).arg(31);
        let time = redis::cmd("TIME");
        self.ask(&Question::of([entry, incarnation, time]), |mut answers| {
            let text: Vec<u8> = match answers.next() {
                Err(failure) if failure.is_wrong_type() => {
                    return Err(CacheEntryError::WrongType.into());
                }
                text => text?,
            };
            if text.is_empty() {
                return Ok(None);
            }
            let entry = CacheEntry::decode(key, &text)?;
            if Some(entry.incarnation) < incarnation_found(&mut answers)? {
                return Err(CacheEntryError::Superseded.into());
            }
            Ok(Some(entry))
        })
        .await
    }

    /// Writes `entry` under `key`, unless something later lies there already.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn put(&self, key: &CacheKey, entry: &CacheEntry) -> Result<Put, CacheError> {
        let question = self.question_to_put(key, entry, Where::Anywhere)?;
        self.ask(&question, put_told).await
    }

    /// Writes like [`Cache::put`], and tries once even if the circuit does not let
    /// it: after a write, what lies in the cache is out of date. What comes of
    /// that the circuit does not hear, which has its own way to find out.
    ///
    /// What a cache refuses to replace it may still remove, as when it has no memory
    /// left; so that is tried then.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now. What lay under the key may still do.
    pub async fn put_now(&self, key: &CacheKey, entry: &CacheEntry) -> Result<Put, CacheError> {
        self.ask_now(key, entry, Where::Anywhere).await
    }

    /// Writes like [`Cache::put_now`], but only in the place of another entry: for keys
    /// that clients choose freely, of which there is no end.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now. What lay under the key may still do.
    pub async fn put_over_now(
        &self,
        key: &CacheKey,
        entry: &CacheEntry,
    ) -> Result<Put, CacheError> {
        self.ask_now(key, entry, Where::OverAnother).await
    }

    /// Removes whatever lies under `key`.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn remove(&self, key: &CacheKey) -> Result<(), CacheError> {
        self.ask(&delete(&self.place(key)), |mut answers| Ok(answers.next()?))
            .await
    }

    /// Makes `incarnation` known to every reader, unless a later one is: from now on
    /// entries of those before are of no use.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn announce(&self, incarnation: Incarnation) -> Result<(), CacheError> {
        let command = put::announcement(&self.incarnation_place(), incarnation);
        self.ask(&command.into(), |answers| put_told(answers).map(drop))
            .await
    }

    async fn ask_now(
        &self,
        key: &CacheKey,
        entry: &CacheEntry,
        allowed: Where,
    ) -> Result<Put, CacheError> {
        let question = self.question_to_put(key, entry, allowed)?;
        let put = match self.ask(&question, put_told).await {
            Err(CacheError::Withheld(Withheld::Rejected(_))) => {
                self.line.ask(&question).await.and_then(put_told)
            }
            asked => asked,
        };
        let in_the_way = match &put {
            Ok(Put::Superseded) => true,
            Ok(_) => false,
            Err(error) => error.is_an_answer(),
        };
        if !in_the_way {
            return put;
        }
        let removed = self.line.ask(&delete(&self.place(key))).await;
        match removed.and_then(|mut answers| Ok(answers.next::<()>()?)) {
            Ok(()) => Ok(Put::Removed),
            Err(_) => put,
        }
    }

    fn question_to_put(
        &self,
        key: &CacheKey,
        entry: &CacheEntry,
        allowed: Where,
    ) -> Result<Question, CacheError> {
        let places = Places {
            incarnation: &self.incarnation_place(),
            entry: &self.place(key),
        };
        let command = put::command(&places, key, entry, allowed);
        Ok(command.map_err(CacheError::Unwritable)?.into())
    }

    fn place(&self, key: &CacheKey) -> String {
        format!("{}{key}", self.line.namespace())
    }

    fn incarnation_place(&self) -> String {
        format!("{}incarnation", self.line.namespace())
    }

    /// Asks through the circuit, if there is one; `read` says what the answers mean.
    async fn ask<T: Send>(
        &self,
        question: &Question,
        read: impl FnOnce(Answers) -> Result<T, CacheError> + Send,
    ) -> Result<T, CacheError> {
        let asked = async { self.line.ask(question).await.and_then(read) };
        match &self.circuit {
            None => asked.await,
            Some(circuit) => through(&**circuit, asked, classify).await?,
        }
    }
}

fn put_told(mut answers: Answers) -> Result<Put, CacheError> {
    Ok(Put::told(answers.next()?))
}

/// The highest incarnation that the cache was told of; the answers to reading it, and
/// to asking for the time. What is no whole number, or begins in the future, is none.
fn incarnation_found(answers: &mut Answers) -> Result<Option<Incarnation>, CacheError> {
    const HOUR_S: i64 = 3_600;
    let text: Vec<u8> = match answers.next() {
        Err(failure) if failure.is_wrong_type() => Vec::new(),
        text => text?,
    };
    let (now_s, _us): (i64, i64) = answers.next()?;
    let number = std::str::from_utf8(&text).ok().and_then(|text| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten()
    });
    let is_past = |number: &i64| *number <= now_s.saturating_add(HOUR_S).saturating_mul(1_000);
    Ok(number.filter(is_past).map(Incarnation::numbered))
}

impl From<Put> for AttemptOutcome {
    fn from(put: Put) -> Self {
        match put {
            Put::Stored | Put::Outdated | Put::Superseded => Self::Ok,
            Put::Removed => Self::Error,
        }
    }
}
