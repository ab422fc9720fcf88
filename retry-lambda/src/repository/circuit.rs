//! A repository behind the database's circuit.

use std::{sync::Arc, time::Duration};

use breaker_core::Outcome;
use contract::{Cursor, IdempotencyKey, Incarnation, Item, ItemPage, PageLimit, Write};
use lambda_kit::circuit::{Circuit, through};
use uuid::Uuid;

use super::{Asked, Repository, WriteOutcome};
use crate::{
    commit::Commit,
    database::{DatabaseError, MigrationError},
};

/// Asks only what the circuit lets through. What an operator commands is no request:
/// it is done whatever the circuit says.
pub struct CircuitRepository {
    database: Box<dyn Repository>,
    circuit: Arc<dyn Circuit>,
}

impl CircuitRepository {
    /// `database` behind `circuit`.
    pub fn new(database: Box<dyn Repository>, circuit: Arc<dyn Circuit>) -> Self {
        Self { database, circuit }
    }

    /// A question for which no time is left is none for the circuit either.
    fn through<'a, T: Send + 'a>(
        &'a self,
        time_left: Option<Duration>,
        question: Asked<'a, T>,
    ) -> Asked<'a, T> {
        Box::pin(async move {
            if time_left.is_none() {
                return Err(DatabaseError::NoTimeLeft);
            }
            let answer = through(&*self.circuit, question, classify).await;
            match answer.map_err(DatabaseError::Withheld)? {
                Err(DatabaseError::Unavailable { trouble, .. }) => {
                    Err(DatabaseError::Unavailable {
                        trouble,
                        open_until: self.circuit.open_until(),
                    })
                }
                answer => answer,
            }
        })
    }
}

/// A defect is for a human to mend and to see, not for a circuit to hide: the
/// database is well, and the invocation fails. Nor is it the database's fault if
/// somebody could not wait for it, or for somebody else who writes the same item.
fn classify<T>(answer: &Result<T, DatabaseError>) -> Outcome {
    match answer {
        Ok(_) => Outcome::Success,
        Err(DatabaseError::Unavailable { .. }) => Outcome::Failure,
        Err(
            DatabaseError::Withheld(_)
            | DatabaseError::CutShort(_)
            | DatabaseError::Held(_)
            | DatabaseError::NoTimeLeft
            | DatabaseError::Defect(_),
        ) => Outcome::Ignored,
    }
}

impl Repository for CircuitRepository {
    fn get(&self, id: Uuid, time_left: Option<Duration>) -> Asked<'_, Option<Item>> {
        self.through(time_left, self.database.get(id, time_left))
    }

    fn list(
        &self,
        limit: PageLimit,
        cursor: Option<Cursor>,
        time_left: Option<Duration>,
    ) -> Asked<'_, ItemPage> {
        self.through(time_left, self.database.list(limit, cursor, time_left))
    }

    fn write_once<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        write: &'a Write,
        commit: &'a Commit,
        time_left: Option<Duration>,
    ) -> Asked<'a, WriteOutcome> {
        let written = self.database.write_once(key, write, commit, time_left);
        self.through(time_left, written)
    }

    fn incarnation(&self) -> Incarnation {
        self.database.incarnation()
    }

    fn begin_incarnation(&self, time_left: Option<Duration>) -> Asked<'_, Incarnation> {
        self.database.begin_incarnation(time_left)
    }

    fn migrate(&self, limit: Duration) -> Asked<'_, usize, MigrationError> {
        self.database.migrate(limit)
    }
}
