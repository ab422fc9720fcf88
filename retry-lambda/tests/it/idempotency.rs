//! Attempts with the same key have one effect together.

use std::time::Duration;

use contract::{Body, IdempotencyKey, PageLimit, Read, Refusal, Reply, Write};
use sqlx::{Connection, PgConnection};

use crate::world::{Environment, Surroundings, create, draft, item, new_key, served};

const REUSED: Reply = Reply::Refused(Refusal::IdempotencyKeyReused);

async fn number_of_items(environment: &Environment) -> usize {
    let list = Read::List {
        limit: PageLimit::default(),
        cursor: None,
    };
    match served(environment.read(list).await).body {
        Body::Page(page) => page.items.len(),
        other => panic!("expected a page, got {other:?}"),
    }
}

#[tokio::test]
async fn a_retried_create_happens_once() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let key = new_key();
    let first = environment.write(&key, create("bolt")).await;
    // Each attempt carries another identity, as the API Lambda makes them.
    let second = environment.write(&key, create("bolt")).await;
    assert_eq!(second, first);
    assert_eq!(number_of_items(&environment).await, 1);
}

#[tokio::test]
async fn a_retried_deletion_is_answered_like_the_first() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let (key, delete) = (new_key(), Write::Delete { id, expected: None });
    let first = environment.write(&key, delete.clone()).await;
    assert_eq!(served(first.clone()).body, Body::Deleted { id });
    assert_eq!(environment.write(&key, delete).await, first);
}

#[tokio::test]
async fn the_same_key_with_another_write_is_refused() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let key = new_key();
    let id = item(environment.write(&key, create("bolt")).await).id;
    assert_eq!(environment.write(&key, create("nut")).await, REUSED);
    let delete = Write::Delete { id, expected: None };
    assert_eq!(environment.write(&key, delete).await, REUSED);
    assert_eq!(number_of_items(&environment).await, 1);
}

#[tokio::test]
async fn a_refused_write_does_not_use_up_its_key() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let replace = |expected| Write::Replace {
        id,
        draft: draft("nut"),
        expected: Some(expected),
    };
    let key = new_key();
    let refused = environment.write(&key, replace(9)).await;
    assert!(matches!(refused, Reply::Refused(_)));
    assert_eq!(item(environment.write(&key, replace(1)).await).version, 2);
}

#[tokio::test]
async fn of_two_attempts_at_once_one_takes_effect_and_both_are_answered() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let one = surroundings.migrated_environment().await;
    let other = surroundings.environment().await;
    let key = new_key();
    let (first, second) = tokio::join!(
        one.write(&key, create("bolt")),
        other.write(&key, create("bolt")),
    );
    assert_eq!(item(first), item(second));
    assert_eq!(number_of_items(&one).await, 1);
}

#[tokio::test]
async fn an_attempt_waits_for_another_and_goes_on_if_that_one_fails() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let (mut rival, mut observer) = (surroundings.connect().await, surroundings.connect().await);
    let key = new_key();
    let mut transaction = rival.begin().await.unwrap();
    sqlx::query("INSERT INTO idempotency_keys (key, fingerprint) VALUES ($1, '')")
        .bind(key.as_str())
        .execute(&mut *transaction)
        .await
        .unwrap();
    let fail_once_waited_for = async {
        somebody_waits(&mut observer).await;
        transaction.rollback().await.unwrap();
    };
    let (reply, ()) = tokio::join!(
        environment.write(&key, create("bolt")),
        fail_once_waited_for
    );
    assert_eq!(item(reply).version, 1);
}

#[tokio::test]
async fn an_attempt_that_waits_too_long_is_told_that_another_is_under_way() {
    let Some(mut surroundings) = Surroundings::fresh().await else {
        return;
    };
    let patient = surroundings.migrated_environment().await;
    let mut rival = surroundings.connect().await;
    let key = new_key();
    let mut transaction = rival.begin().await.unwrap();
    sqlx::query("INSERT INTO idempotency_keys (key, fingerprint) VALUES ($1, '')")
        .bind(key.as_str())
        .execute(&mut *transaction)
        .await
        .unwrap();
    surroundings.database_limit = Duration::from_secs(2);
    let hasty = surroundings.environment().await;
    let reply = hasty.write(&key, create("bolt")).await;
    assert_eq!(reply, Reply::Refused(Refusal::StillUnderWay));

    transaction.rollback().await.unwrap();
    assert_eq!(item(patient.write(&key, create("bolt")).await).version, 1);
}

/// Returns when a session of this database waits for another's lock.
async fn somebody_waits(observer: &mut PgConnection) {
    let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock')";
    let until_waiting = async {
        while !sqlx::query_scalar::<_, bool>(waiting)
            .fetch_one(&mut *observer)
            .await
            .unwrap()
        {}
    };
    tokio::time::timeout(crate::world::PATIENCE, until_waiting)
        .await
        .expect("nobody waited");
}

#[tokio::test]
async fn old_keys_are_forgotten_with_the_next_write() {
    let Some(surroundings) = Surroundings::fresh().await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let (old, recent) = (new_key(), new_key());
    environment.write(&old, create("bolt")).await;
    environment.write(&recent, create("bolt")).await;
    let mut connection = surroundings.connect().await;
    age(&mut connection, &old, 8).await;
    age(&mut connection, &recent, 6).await;

    environment.create("nut").await;
    let forgotten = environment.write(&old, create("washer")).await;
    assert_eq!(item(forgotten).name, "washer");
    assert_eq!(environment.write(&recent, create("washer")).await, REUSED);
}

async fn age(connection: &mut PgConnection, key: &IdempotencyKey, days: i32) {
    sqlx::query(
        "UPDATE idempotency_keys
         SET created_at = created_at - make_interval(days => $2) WHERE key = $1",
    )
    .bind(key.as_str())
    .bind(days)
    .execute(connection)
    .await
    .unwrap();
}
