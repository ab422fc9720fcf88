//! The database goes on from an earlier point: what the cache knows of the lost
//! history, and what becomes of it.

use contract::{CacheKey, Incarnation, OperatorReply, Source, Write};
use lambda_kit::cache::CacheError;
use retry_lambda::handler::Answer;
use serde_json::json;
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{Environment, FRESH_FOR, START, Surroundings, draft, item, new_key, served, source},
};

on_each_engine! {
    an_item_that_was_set_back_comes_from_the_cache_again_after_one_read,
    an_item_that_was_deleted_and_came_back_comes_from_the_cache_again_after_one_read,
    an_operator_who_tells_of_a_restore_takes_every_entry_of_before_out_of_use,
    a_write_to_a_database_that_was_set_back_replaces_a_later_version,
    an_environment_with_a_connection_hears_of_a_new_incarnation_before_it_writes,
    an_environment_that_does_not_hear_removes_what_it_may_not_replace,
    a_database_on_another_server_than_before_is_a_new_incarnation,
    of_many_that_find_another_server_one_begins_the_incarnation,
    an_operator_is_told_when_the_database_does_not_answer,
}

async fn new_incarnation(environment: &Environment) -> Incarnation {
    let ends_at = contract::Deadline::after(START, crate::world::TIMEOUTS * 2);
    let command = json!({"command": "new_incarnation"});
    match environment.handler.handle(command, ends_at).await.unwrap() {
        Answer::Operator(OperatorReply::IncarnationBegun {
            number,
            cache_knows: true,
        }) => number,
        other => panic!("expected a new incarnation that the cache knows, got {other:?}"),
    }
}

/// An item in its second version.
async fn written_twice(environment: &Environment) -> Uuid {
    let id = environment.create("bolt").await.id;
    environment.write(&new_key(), replacement(id, "nut")).await;
    id
}

fn replacement(id: Uuid, name: &str) -> Write {
    Write::Replace {
        id,
        draft: draft(name),
        expected: None,
    }
}

/// As a backup of before the second write would have it.
async fn set_back(surroundings: &Surroundings) {
    let statement = "UPDATE items SET version = 1, name = 'bolt'";
    surroundings.connect().await.execute(statement).await;
}

async fn an_item_that_was_set_back_comes_from_the_cache_again_after_one_read(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = written_twice(&environment).await;
    set_back(&surroundings).await;
    environment.clock.advance(FRESH_FOR);
    for expected in [Source::Database, Source::Cache] {
        let seen = served(environment.get(id).await);
        assert_eq!(seen.source, expected);
        assert_eq!(item(contract::Reply::Served(seen)).name, "bolt");
    }
}

async fn an_item_that_was_deleted_and_came_back_comes_from_the_cache_again_after_one_read(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let mut session = surroundings.connect().await;
    session
        .execute("CREATE TABLE backup AS SELECT * FROM items")
        .await;
    let delete = Write::Delete { id, expected: None };
    environment.write(&new_key(), delete).await;
    session
        .execute("INSERT INTO items SELECT * FROM backup")
        .await;
    environment.clock.advance(FRESH_FOR);
    for expected in [Source::Database, Source::Cache] {
        assert_eq!(source(environment.get(id).await), expected);
    }
}

async fn an_operator_who_tells_of_a_restore_takes_every_entry_of_before_out_of_use(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = written_twice(&environment).await;
    let other = surroundings.environment().await;
    assert_eq!(source(other.get(id).await), Source::Cache);
    set_back(&surroundings).await;
    let before = environment.handler.items.database.incarnation();
    let begun = new_incarnation(&environment).await;
    assert!(begun > before, "{begun:?} after {before:?}");
    // Fresh, and of a history that is no more; this environment has never met the database.
    let cached = other.handler.items.cache.get(&CacheKey::Item(id)).await;
    assert!(matches!(cached, Err(CacheError::Entry(_))), "{cached:?}");
    for expected in [Source::Database, Source::Cache] {
        let seen = served(other.get(id).await);
        assert_eq!(seen.source, expected);
        assert_eq!(item(contract::Reply::Served(seen)).name, "bolt");
    }
}

async fn a_write_to_a_database_that_was_set_back_replaces_a_later_version(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = written_twice(&environment).await;
    for name in ["screw", "rivet"] {
        environment.write(&new_key(), replacement(id, name)).await;
    }
    set_back(&surroundings).await;
    new_incarnation(&environment).await;
    environment
        .write(&new_key(), replacement(id, "washer"))
        .await;
    let read = environment.get(id).await;
    assert_eq!(source(read.clone()), Source::Cache);
    let read = item(read);
    assert_eq!((read.version, &*read.name), (2, "washer"));
}

async fn an_environment_with_a_connection_hears_of_a_new_incarnation_before_it_writes(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = written_twice(&environment).await;
    let begun = new_incarnation(&surroundings.environment().await).await;
    environment
        .write(&new_key(), replacement(id, "washer"))
        .await;
    let entry = environment
        .handler
        .items
        .cache
        .get(&CacheKey::Item(id))
        .await;
    assert_eq!(entry.unwrap().unwrap().incarnation, begun);
}

/// A primary that nobody tells of its successor writes to a history that ends; or the
/// command came between its statement and its word to the cache.
async fn an_environment_that_does_not_hear_removes_what_it_may_not_replace(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = written_twice(&environment).await;
    let cache = &environment.handler.items.cache;
    let known = environment.handler.items.database.incarnation();
    let later = Incarnation::numbered(known.number() + 1);
    cache.announce(later).await.unwrap();
    environment
        .write(&new_key(), replacement(id, "washer"))
        .await;
    assert_eq!(cache.get(&CacheKey::Item(id)).await.unwrap(), None);
    assert_eq!(source(environment.get(id).await), Source::Database);
}

/// As a restored database finds it: the backup has brought along what was written
/// down, but not the server.
async fn a_database_on_another_server_than_before_is_a_new_incarnation(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = written_twice(&environment).await;
    let before = environment.handler.items.database.incarnation();
    let mut session = surroundings.connect().await;
    if !session.tells_its_lineage().await {
        lambda_kit::testing::skipped("needs a server that tells its lineage");
        return;
    }
    let again = surroundings.environment().await;
    again.create("bolt").await;
    let unchanged = again.handler.items.database.incarnation();
    assert_eq!(unchanged, before, "the server is the same");

    set_back(&surroundings).await;
    session
        .execute("UPDATE incarnation SET lineage = 'another'")
        .await;
    let restored = surroundings.environment().await;
    restored.create("bolt").await;
    let begun = restored.handler.items.database.incarnation();
    assert!(begun > before, "{begun:?} after {before:?}");
    assert_eq!(item(restored.get(id).await).name, "bolt");
}

async fn of_many_that_find_another_server_one_begins_the_incarnation(surroundings: Surroundings) {
    let first = surroundings.migrated_environment().await;
    first.create("bolt").await;
    let mut session = surroundings.connect().await;
    session
        .execute("UPDATE incarnation SET lineage = 'another'")
        .await;
    let mut environments = Vec::new();
    for _ in 0..8 {
        environments.push(surroundings.environment().await);
    }
    let creations = environments
        .iter()
        .map(|environment| environment.create("nut"));
    futures_of(creations).await;
    let known: std::collections::BTreeSet<_> = environments
        .iter()
        .map(|environment| environment.handler.items.database.incarnation())
        .collect();
    assert_eq!(known.len(), 1, "{known:?}");
}

/// All of them at once, on this thread.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) {
    let mut futures: Vec<_> = futures.map(|future| Some(Box::pin(future))).collect();
    std::future::poll_fn(|context| {
        for slot in &mut futures {
            if let Some(future) = slot
                && future.as_mut().poll(context).is_ready()
            {
                *slot = None;
            }
        }
        if futures.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

async fn an_operator_is_told_when_the_database_does_not_answer(mut surroundings: Surroundings) {
    surroundings.database_url = surroundings.engine.nowhere();
    let environment = surroundings.environment().await;
    let ends_at = contract::Deadline::after(START, crate::world::TIMEOUTS);
    let command = json!({"command": "new_incarnation"});
    let error = environment
        .handler
        .handle(command, ends_at)
        .await
        .unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with("cannot begin an incarnation: "), "{said}");
}
