//! Which incarnation of the database a connection leads to.
//!
//! The number lies in a table of one row, so a database that is restored brings
//! along the number that it had. With the number lies the lineage of the server
//! that it was last seen on, which no backup can bring along: what a server says of
//! itself that changes when it is restored from a backup, or promoted. Whoever
//! connects and finds another lineage than is written down begins a new incarnation.
//! A restore that does not show that way (a dump into the same server, a snapshot
//! where the server does not tell) is for an operator to report.

use std::sync::atomic::{AtomicI64, Ordering};

use contract::Incarnation;

use super::{
    engine::{Connection, Engine},
    lineage::Ruling,
};
use crate::database::SqlError;

/// The highest incarnation that any connection of this process has shown.
#[derive(Debug, Default)]
pub(super) struct KnownIncarnation(AtomicI64);

impl KnownIncarnation {
    /// Number zero before the first connection: earlier than any.
    pub(super) fn get(&self) -> Incarnation {
        Incarnation::numbered(self.0.load(Ordering::SeqCst))
    }

    fn learn(&self, incarnation: Incarnation) {
        self.0.fetch_max(incarnation.number(), Ordering::SeqCst);
    }

    /// Reads it over a new connection, and writes down what has to be.
    pub(super) async fn meet<E: Engine>(
        &self,
        connection: &mut Connection<E>,
    ) -> Result<(), SqlError> {
        let mut recorded = E::recorded_incarnation(connection).await?;
        let ruling = recorded.ruling();
        if ruling != Ruling::Keep {
            // Of several that find the same, the first one writes it down.
            E::write_lineage(connection, &recorded, ruling == Ruling::Begin).await?;
            recorded = E::recorded_incarnation(connection).await?;
        }
        if ruling == Ruling::Begin {
            tracing::warn!(
                incarnation = recorded.number,
                "database was set back or has moved: a new incarnation begins"
            );
        }
        self.learn(Incarnation::numbered(recorded.number));
        Ok(())
    }

    /// Reads it over a connection that has been used before; an answer shows that
    /// it is alive.
    pub(super) async fn look_again<E: Engine>(
        &self,
        connection: &mut Connection<E>,
    ) -> Result<(), SqlError> {
        let number = E::incarnation_number(connection).await?;
        self.learn(Incarnation::numbered(number));
        Ok(())
    }

    /// Begins a new one, because somebody knows that the database was set back.
    pub(super) async fn begin<E: Engine>(
        &self,
        connection: &mut Connection<E>,
    ) -> Result<Incarnation, SqlError> {
        E::begin_incarnation(connection).await?;
        self.look_again::<E>(connection).await?;
        Ok(self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_never_falls() {
        let known = KnownIncarnation::default();
        for (learnt, expected) in [(5, 5), (4, 5), (6, 6)] {
            known.learn(Incarnation::numbered(learnt));
            assert_eq!(known.get(), Incarnation::numbered(expected));
        }
    }
}
