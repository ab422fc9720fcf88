//! Many who miss the same item at once.

use std::{rc::Rc, time::Duration};

use contract::{CacheKey, Refusal, Reply};
use lambda_kit::cache::Lease;
use sqlx::PgConnection;
use tokio::task::{JoinSet, LocalSet};
use uuid::Uuid;

use crate::world::{Environment, PATIENCE, Surroundings, item};

const ENVIRONMENTS: usize = 5;
const READS: usize = 500;

/// Puts a view in the table's place that counts how often it is read. The
/// function is run for each read, whether or not there is a row.
const COUNT_READS: &str = "
ALTER TABLE items RENAME TO stored;
CREATE SEQUENCE reads MINVALUE 0;
SELECT nextval('reads');
CREATE FUNCTION counted() RETURNS SETOF stored LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('reads');
  RETURN QUERY SELECT * FROM stored;
END $$;
CREATE VIEW items AS SELECT * FROM counted();
";

/// An item that the database has and the cache does not, and surroundings in
/// which reads of the database are counted.
async fn cold_item() -> Option<(Surroundings, Uuid)> {
    let mut surroundings = Surroundings::fresh().await?;
    let id = surroundings
        .migrated_environment()
        .await
        .create("bolt")
        .await
        .id;
    sqlx::raw_sql(COUNT_READS)
        .execute(&mut surroundings.connect().await)
        .await
        .unwrap();
    surroundings.cache.namespace.push_str("emptied:");
    Some((surroundings, id))
}

async fn reads_counted(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT last_value FROM reads")
        .fetch_one(connection)
        .await
        .unwrap()
}

/// What as many reads of `id` at once come to, from several environments.
async fn stampede(surroundings: &Surroundings, id: Uuid) -> Vec<Reply> {
    let mut environments = Vec::new();
    for _ in 0..ENVIRONMENTS {
        environments.push(Rc::new(surroundings.environment().await));
    }
    let together = LocalSet::new();
    let mut reads = JoinSet::new();
    for environment in environments.iter().cycle().take(READS) {
        let environment = Rc::clone(environment);
        reads.spawn_local_on(async move { environment.get(id).await }, &together);
    }
    together.run_until(reads.join_all()).await
}

#[tokio::test]
async fn five_hundred_reads_of_a_cold_item_ask_the_database_twice_at_most() {
    let Some((surroundings, id)) = cold_item().await else {
        return;
    };
    for reply in stampede(&surroundings, id).await {
        assert_eq!(item(reply).id, id);
    }
    let reads = reads_counted(&mut surroundings.connect().await).await;
    assert!((1..=2).contains(&reads), "{reads} reads");
}

#[tokio::test]
async fn five_hundred_reads_of_a_missing_item_ask_the_database_twice_at_most() {
    let Some((surroundings, _)) = cold_item().await else {
        return;
    };
    let id = Uuid::now_v7();
    for reply in stampede(&surroundings, id).await {
        assert_eq!(reply, Reply::Refused(Refusal::NotFound { id }));
    }
    let reads = reads_counted(&mut surroundings.connect().await).await;
    assert!((1..=2).contains(&reads), "{reads} reads");
}

/// As if an environment had died between taking the lease and using it.
async fn take_lease(environment: &Environment, id: Uuid, life: Duration) {
    let cache = &environment.handler.items.cache;
    let lease = cache.lease(&CacheKey::Item(id), life).await.unwrap();
    assert_eq!(lease, Lease::Won);
}

#[tokio::test]
async fn a_winner_that_died_is_waited_for_until_its_lease_ends() {
    let Some((surroundings, id)) = cold_item().await else {
        return;
    };
    let environment = surroundings.environment().await;
    take_lease(&environment, id, Duration::from_millis(100)).await;
    assert_eq!(item(environment.get(id).await).id, id);
}

#[tokio::test]
async fn a_wait_that_takes_too_long_ends_at_the_database() {
    let Some((surroundings, id)) = cold_item().await else {
        return;
    };
    let mut environment = surroundings.environment().await;
    environment.handler.items.lease_life = Duration::from_millis(100);
    take_lease(&environment, id, Duration::from_hours(1)).await;
    let read = tokio::time::timeout(PATIENCE * 2, environment.get(id)).await;
    assert_eq!(item(read.expect("it took too long")).id, id);
}

#[tokio::test]
async fn an_item_made_after_it_was_missed_is_seen_at_once() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let write = crate::world::create("bolt");
    let contract::Write::Create { id, .. } = write else {
        panic!("expected a creation");
    };
    let not_found = Reply::Refused(Refusal::NotFound { id });
    assert_eq!(environment.get(id).await, not_found);
    environment.write(&crate::world::new_key(), write).await;
    assert_eq!(item(environment.get(id).await).id, id);
}
