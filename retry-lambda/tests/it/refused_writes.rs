//! The cache answers reads and does not take writes, or loses them: how long what was
//! so before can be read.

use contract::{CacheContent, CacheEntry, CacheKey, Refusal, Reply, Source, Write};
use lambda_kit::testing::{Trouble, TroubledCache};
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{Environment, FRESH_FOR, Surroundings, draft, item, new_key, served, source},
};

on_each_engine! {
    a_replacement_that_the_cache_refuses_is_seen_within_the_promise,
    a_deletion_that_the_cache_refuses_is_seen_within_the_promise,
    a_write_that_the_cache_lost_is_seen_within_the_promise,
    an_entry_that_its_writer_let_be_fresh_for_longer_is_held_to_the_promise,
}

fn replacement(id: Uuid) -> Write {
    Write::Replace {
        id,
        draft: draft("nut"),
        expected: None,
    }
}

fn deletion(id: Uuid) -> Write {
    Write::Delete { id, expected: None }
}

/// The writer, and a reader who hears nothing from the writer but through the cache.
async fn two_environments(
    mut surroundings: Surroundings,
    cache: &TroubledCache,
) -> (Environment, Environment) {
    surroundings.cache.url = cache.url.parse().unwrap();
    let writer = surroundings.migrated_environment().await;
    (writer, surroundings.environment().await)
}

/// Makes each kind of trouble, has an item written in it, and gives what the reader gets
/// right away and when the promise has to be kept.
async fn seen_in_trouble(
    surroundings: Surroundings,
    write: impl Fn(Uuid) -> Write,
) -> Vec<(Trouble, Uuid, Reply, Reply)> {
    let Some(mut cache) = TroubledCache::in_turn().await else {
        return Vec::new();
    };
    let (writer, reader) = two_environments(surroundings, &cache).await;
    let mut seen = Vec::new();
    for trouble in Trouble::OF_WRITES {
        let id = writer.create("bolt").await.id;
        assert_eq!(source(reader.get(id).await), Source::Cache, "{trouble:?}");
        cache.make(trouble).await;
        served(writer.write(&new_key(), write(id)).await);
        let at_once = reader.get(id).await;
        for environment in [&writer, &reader] {
            environment.clock.advance(FRESH_FOR);
        }
        seen.push((trouble, id, at_once, reader.get(id).await));
        cache.heal().await;
    }
    seen
}

async fn a_replacement_that_the_cache_refuses_is_seen_within_the_promise(
    surroundings: Surroundings,
) {
    for (trouble, _, at_once, in_time) in seen_in_trouble(surroundings, replacement).await {
        assert_eq!(item(in_time).name, "nut", "{trouble:?}");
        // A cache without memory still lets go of what it has.
        if trouble == Trouble::NoMemory {
            assert_eq!(item(at_once).name, "nut", "{trouble:?}");
        }
    }
}

async fn a_deletion_that_the_cache_refuses_is_seen_within_the_promise(surroundings: Surroundings) {
    for (trouble, id, at_once, in_time) in seen_in_trouble(surroundings, deletion).await {
        let gone = Reply::Refused(Refusal::not_found(id));
        assert_eq!(in_time, gone, "{trouble:?}");
        if trouble == Trouble::NoMemory {
            assert_eq!(at_once, gone, "{trouble:?}");
        }
    }
}

/// A replica that takes over may lack the last writes that the primary has acknowledged.
async fn a_write_that_the_cache_lost_is_seen_within_the_promise(surroundings: Surroundings) {
    let writer = surroundings.migrated_environment().await;
    let reader = surroundings.environment().await;
    let id = writer.create("bolt").await.id;
    let (key, cache) = (CacheKey::Item(id), &reader.handler.items.cache);
    let before = cache.get(&key).await.unwrap().unwrap();
    served(writer.write(&new_key(), replacement(id)).await);
    cache.remove(&key).await.unwrap();
    cache.put(&key, &before).await.unwrap();
    reader.clock.advance(FRESH_FOR);
    let seen = served(reader.get(id).await);
    assert_eq!(seen.source, Source::Database);
    assert_eq!(item(Reply::Served(seen)).name, "nut");
}

/// As a version of the system with another idea of it would.
async fn an_entry_that_its_writer_let_be_fresh_for_longer_is_held_to_the_promise(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let created = environment.create("bolt").await;
    let items = &environment.handler.items;
    let now = lambda_kit::clock::Clock::now(&*environment.clock);
    let entry = CacheEntry {
        content: CacheContent::Item(created.clone()),
        incarnation: items.database.incarnation(),
        as_of: now,
        fresh_until: now + FRESH_FOR * 10,
    };
    let key = CacheKey::Item(created.id);
    items.cache.put(&key, &entry).await.unwrap();
    environment.clock.advance(FRESH_FOR);
    assert_eq!(source(environment.get(created.id).await), Source::Database);
}
