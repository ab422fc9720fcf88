//! A repository in any kind of server.

use std::{sync::Arc, time::Duration};

use contract::{Cursor, IdempotencyKey, Incarnation, Item, ItemPage, PageLimit, Write};
use lambda_kit::clock::Clock;
use uuid::Uuid;

use super::{
    Asked, Repository, WriteOutcome, migrations::migrate, pool::Pool, tables::Tables,
    write_once::write_once,
};
use crate::{commit::Commit, database::MigrationError};

/// Items by way of the statements of `E`.
pub(super) struct SqlRepository<E: Tables> {
    pool: Pool<E>,
    clock: Arc<dyn Clock>,
}

impl<E: Tables> SqlRepository<E> {
    pub(super) fn new(pool: Pool<E>, clock: Arc<dyn Clock>) -> Self {
        Self { pool, clock }
    }
}

impl<E: Tables> Repository for SqlRepository<E> {
    fn get(&self, id: Uuid, time_left: Option<Duration>) -> Asked<'_, Option<Item>> {
        Box::pin(self.pool.within(time_left, async move {
            let mut session = self.pool.session().await?;
            let item = E::item(&mut session, id).await?;
            session.keep();
            Ok(item)
        }))
    }

    fn list(
        &self,
        limit: PageLimit,
        cursor: Option<Cursor>,
        time_left: Option<Duration>,
    ) -> Asked<'_, ItemPage> {
        Box::pin(self.pool.within(time_left, async move {
            let before = cursor.map_or(Uuid::max(), |cursor| cursor.after);
            // One row more than wanted tells whether there is a next page.
            let most = limit.get() + 1;
            let mut session = self.pool.session().await?;
            let items = E::items_before(&mut session, before, most).await?;
            session.keep();
            Ok(page(items, limit))
        }))
    }

    fn write_once<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        write: &'a Write,
        commit: &'a Commit,
        time_left: Option<Duration>,
    ) -> Asked<'a, WriteOutcome> {
        Box::pin(self.pool.within(time_left, async move {
            let mut session = self.pool.session().await?;
            let outcome = write_once::<E>(&mut session, key, write, commit, &*self.clock).await?;
            session.keep();
            Ok(outcome)
        }))
    }

    fn incarnation(&self) -> Incarnation {
        self.pool.incarnation.get()
    }

    fn begin_incarnation(&self, time_left: Option<Duration>) -> Asked<'_, Incarnation> {
        Box::pin(self.pool.within(time_left, async move {
            let mut session = self.pool.session().await?;
            let begun = self.pool.incarnation.begin::<E>(&mut session).await?;
            session.keep();
            Ok(begun)
        }))
    }

    fn migrate(&self, limit: Duration) -> Asked<'_, usize, MigrationError> {
        Box::pin(migrate(&self.pool, limit))
    }
}

/// The first of `items`, and where to go on if they are not all.
fn page(mut items: Vec<Item>, limit: PageLimit) -> ItemPage {
    let page_size = usize::from(limit.get());
    let more = items.len() > page_size;
    items.truncate(page_size);
    let last = items.last().map(|item| Cursor { after: item.id });
    ItemPage {
        next_cursor: last.filter(|_| more),
        items,
    }
}
