//! Attempts with the same key have one effect together.

use std::time::Duration;

use contract::{Body, Expected, PageLimit, Read, Refusal, Reply, Write};

use crate::{
    engine::on_each_engine,
    world::{Environment, Surroundings, create, draft, item, new_key, served},
};

on_each_engine! {
    a_retried_create_happens_once,
    a_retried_deletion_is_answered_like_the_first,
    the_same_key_with_another_write_is_refused,
    a_refused_write_does_not_use_up_its_key,
    of_two_attempts_at_once_one_takes_effect_and_both_are_answered,
    an_attempt_waits_for_another_and_goes_on_if_that_one_fails,
    an_attempt_that_waits_too_long_is_told_that_another_is_under_way,
    however_many_attempts_wait_one_takes_effect,
    keys_that_differ_by_case_are_different,
    old_keys_are_forgotten_with_the_next_write,
}

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

async fn a_retried_create_happens_once(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let key = new_key();
    let first = environment.write(&key, create("bolt")).await;
    // Each attempt carries another identity, as the API Lambda makes them.
    let second = environment.write(&key, create("bolt")).await;
    assert_eq!(second, first);
    assert_eq!(number_of_items(&environment).await, 1);
}

async fn a_retried_deletion_is_answered_like_the_first(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let (key, delete) = (new_key(), Write::Delete { id, expected: None });
    let first = environment.write(&key, delete.clone()).await;
    assert_eq!(served(first.clone()).body, Body::Deleted { id });
    assert_eq!(environment.write(&key, delete).await, first);
}

async fn the_same_key_with_another_write_is_refused(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let key = new_key();
    let id = item(environment.write(&key, create("bolt")).await).id;
    assert_eq!(environment.write(&key, create("nut")).await, REUSED);
    let delete = Write::Delete { id, expected: None };
    assert_eq!(environment.write(&key, delete).await, REUSED);
    assert_eq!(number_of_items(&environment).await, 1);
}

async fn a_refused_write_does_not_use_up_its_key(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let replace = |expected| Write::Replace {
        id,
        draft: draft("nut"),
        expected: Some(Expected::from(expected)),
    };
    let key = new_key();
    let refused = environment.write(&key, replace(9)).await;
    assert!(matches!(refused, Reply::Refused(_)));
    assert_eq!(item(environment.write(&key, replace(1)).await).version, 2);
}

async fn of_two_attempts_at_once_one_takes_effect_and_both_are_answered(
    surroundings: Surroundings,
) {
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

async fn an_attempt_waits_for_another_and_goes_on_if_that_one_fails(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let (mut rival, mut observer) = (surroundings.connect().await, surroundings.connect().await);
    let key = new_key();
    rival.claim(&key).await;
    let fail_once_waited_for = async {
        observer.until_somebody_waits().await;
        rival.execute("ROLLBACK").await;
    };
    let (reply, ()) = tokio::join!(
        environment.write(&key, create("bolt")),
        fail_once_waited_for
    );
    assert_eq!(item(reply).version, 1);
}

async fn an_attempt_that_waits_too_long_is_told_that_another_is_under_way(
    mut surroundings: Surroundings,
) {
    let patient = surroundings.migrated_environment().await;
    let mut rival = surroundings.connect().await;
    let key = new_key();
    rival.claim(&key).await;
    // Half of it is for the lock, and MySQL takes a second more.
    surroundings.database_limit = Duration::from_secs(4);
    let hasty = surroundings.environment().await;
    let reply = hasty.write(&key, create("bolt")).await;
    assert_eq!(reply, Reply::Refused(Refusal::StillUnderWay));

    rival.execute("ROLLBACK").await;
    assert_eq!(item(patient.write(&key, create("bolt")).await).version, 1);
}

/// Those that waited together may be in each other's way when the wait is over:
/// that is trouble which passes, and the API Lambda tries again.
async fn however_many_attempts_wait_one_takes_effect(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let (one, other) = (
        surroundings.environment().await,
        surroundings.environment().await,
    );
    let (mut rival, mut observer) = (surroundings.connect().await, surroundings.connect().await);
    let key = new_key();
    rival.claim(&key).await;
    let fail_once_waited_for = async {
        observer.until_somebody_waits().await;
        rival.execute("ROLLBACK").await;
    };
    let attempt =
        async |environment: &Environment| match environment.write(&key, create("bolt")).await {
            Reply::Unavailable(_) => environment.write(&key, create("bolt")).await,
            reply => reply,
        };
    let (first, second, third, ()) = tokio::join!(
        attempt(&environment),
        attempt(&one),
        attempt(&other),
        fail_once_waited_for,
    );
    let first = item(first);
    assert_eq!([item(second), item(third)], [first.clone(), first]);
    assert_eq!(number_of_items(&environment).await, 1);
}

async fn keys_that_differ_by_case_are_different(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    for (key, name) in [("order-7", "bolt"), ("ORDER-7", "nut")] {
        let reply = environment.write(&key.parse().unwrap(), create(name)).await;
        assert_eq!(item(reply).name, name);
    }
}

async fn old_keys_are_forgotten_with_the_next_write(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let (old, recent) = (new_key(), new_key());
    environment.write(&old, create("bolt")).await;
    environment.write(&recent, create("bolt")).await;
    let mut connection = surroundings.connect().await;
    connection.age(&old, 8).await;
    connection.age(&recent, 6).await;

    environment.create("nut").await;
    let forgotten = environment.write(&old, create("washer")).await;
    assert_eq!(item(forgotten).name, "washer");
    assert_eq!(environment.write(&recent, create("washer")).await, REUSED);
}
