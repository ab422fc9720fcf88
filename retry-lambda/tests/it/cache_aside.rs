//! What is read from the cache, and what is left there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contract::{
    AttemptOutcome, CacheContent, CacheEntry, CacheKey, Command, Cursor, Deadline, IdempotencyKey,
    Item, PageLimit, Read, Refusal, Reply, Source,
    Target::{Cache, Database},
    Write,
};
use lambda_kit::cache::{CacheConfig, Put};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{
        Environment, FRESH_FOR, START, Surroundings, command, create, draft, item, new_key, served,
        source,
    },
};

on_each_engine! {
    a_fresh_item_comes_from_the_cache_with_its_age_and_a_stale_one_does_not,
    a_replacement_is_seen_at_once,
    a_deleted_item_leaves_a_tombstone,
    an_item_that_vanished_from_the_database_vanishes_from_the_cache,
    an_unknown_item_leaves_nothing,
    a_replayed_reply_does_not_bring_an_old_version_back,
    a_retry_tells_the_cache_what_the_first_attempt_could_not,
    a_retried_deletion_tells_the_cache_what_the_first_attempt_could_not,
    a_write_to_an_old_version_is_refused_and_repairs_the_cache,
    a_write_to_a_deleted_item_is_refused_and_repairs_the_cache,
    a_tombstone_outlives_every_version_that_the_cache_had_not_heard_of,
    a_page_is_kept_for_the_fallback_but_always_asked_for,
    reads_and_writes_survive_a_dead_cache,
    a_cache_that_gives_no_lease_is_not_asked_again,
    a_hung_cache_costs_a_read_less_than_a_second,
    a_write_reaches_a_cache_that_failed_a_moment_ago,
    a_hung_cache_does_not_keep_a_committed_write_beyond_its_deadline,
    a_cursor_behind_which_nothing_lies_leaves_nothing,
}

/// What lies in the cache for an item.
async fn cached(environment: &Environment, id: Uuid) -> Option<CacheContent> {
    let key = CacheKey::Item(id);
    let entry = environment.handler.items.cache.get(&key).await.unwrap();
    entry.map(|entry| entry.content)
}

async fn replace(environment: &Environment, id: Uuid, name: &str) {
    environment.write(&new_key(), replacement(id, name)).await;
}

async fn a_fresh_item_comes_from_the_cache_with_its_age_and_a_stale_one_does_not(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;

    environment.clock.advance(Duration::from_secs(3));
    let fresh = served(environment.get(id).await);
    assert_eq!((fresh.source, fresh.as_of), (Source::Cache, START));

    environment.clock.advance(FRESH_FOR);
    let asked = served(environment.get(id).await);
    assert_eq!(asked.source, Source::Database);
    assert_eq!(asked.as_of, START + Duration::from_secs(8));

    assert_eq!(source(environment.get(id).await), Source::Cache);
}

async fn a_replacement_is_seen_at_once(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    replace(&environment, id, "nut").await;
    let read = environment.get(id).await;
    assert_eq!(source(read.clone()), Source::Cache);
    assert_eq!(item(read).name, "nut");
}

async fn a_deleted_item_leaves_a_tombstone(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let delete = Write::Delete { id, expected: None };
    environment.write(&new_key(), delete).await;
    assert_eq!(
        cached(&environment, id).await,
        Some(CacheContent::tombstone(id))
    );
    assert_eq!(
        environment.get(id).await,
        Reply::Refused(Refusal::not_found(id))
    );
}

async fn an_item_that_vanished_from_the_database_vanishes_from_the_cache(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    surroundings
        .connect()
        .await
        .execute("DELETE FROM items")
        .await;
    environment.clock.advance(FRESH_FOR);
    let not_found = Reply::Refused(Refusal::not_found(id));
    assert_eq!(environment.get(id).await, not_found);
    assert_eq!(
        cached(&environment, id).await,
        Some(CacheContent::tombstone(id))
    );
}

async fn an_unknown_item_leaves_nothing(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = Uuid::now_v7();
    environment.get(id).await;
    assert_eq!(cached(&environment, id).await, None);
    for write in [replacement(id, "nut"), Write::Delete { id, expected: None }] {
        let refused = environment.write(&new_key(), write).await;
        assert_eq!(refused, Reply::Refused(Refusal::not_found(id)));
        assert_eq!(cached(&environment, id).await, None);
    }
}

async fn a_replayed_reply_does_not_bring_an_old_version_back(mut surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let (key, write) = (new_key(), create("bolt"));
    let id = item(environment.write(&key, write.clone()).await).id;
    replace(&environment, id, "nut").await;

    // As if the cache had lost everything in between.
    surroundings.cache.namespace.push_str("emptied:");
    let later = surroundings.environment().await;
    let replayed = item(later.write(&key, write).await);
    assert_eq!(replayed.version, 1);
    assert_eq!(item(later.get(id).await).name, "nut");
}

/// A write of which the cache never heard, as when the function ended between
/// committing it and telling the cache.
async fn unheard_of(surroundings: &Surroundings, key: &IdempotencyKey, write: Write) {
    let mut elsewhere = surroundings.clone();
    elsewhere.cache.namespace.push_str("elsewhere:");
    served(elsewhere.environment().await.write(key, write).await);
}

fn replacement(id: Uuid, name: &str) -> Write {
    Write::Replace {
        id,
        draft: draft(name),
        expected: None,
    }
}

async fn a_retry_tells_the_cache_what_the_first_attempt_could_not(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let (key, write) = (new_key(), replacement(id, "nut"));
    unheard_of(&surroundings, &key, write.clone()).await;
    environment.write(&key, write).await;
    assert_eq!(item(environment.get(id).await).name, "nut");
}

async fn a_retried_deletion_tells_the_cache_what_the_first_attempt_could_not(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let (key, delete) = (new_key(), Write::Delete { id, expected: None });
    unheard_of(&surroundings, &key, delete.clone()).await;
    environment.write(&key, delete).await;
    let tombstone = CacheContent::tombstone(id);
    assert_eq!(cached(&environment, id).await, Some(tombstone));
}

async fn a_write_to_an_old_version_is_refused_and_repairs_the_cache(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    unheard_of(&surroundings, &new_key(), replacement(id, "nut")).await;
    let outdated = Write::Replace {
        id,
        draft: draft("screw"),
        expected: Some(1.into()),
    };
    let refused = environment.write(&new_key(), outdated).await;
    let mismatch = Refusal::VersionMismatch { current: 2 };
    assert_eq!(refused, Reply::Refused(mismatch));
    assert_eq!(item(environment.get(id).await).name, "nut");
}

async fn a_write_to_a_deleted_item_is_refused_and_repairs_the_cache(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    let delete = Write::Delete { id, expected: None };
    unheard_of(&surroundings, &new_key(), delete).await;
    let not_found = Reply::Refused(Refusal::not_found(id));
    let refused = environment.write(&new_key(), replacement(id, "nut")).await;
    assert_eq!(refused, not_found);
    assert_eq!(environment.get(id).await, not_found);
}

async fn a_tombstone_outlives_every_version_that_the_cache_had_not_heard_of(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let created = environment.create("bolt").await;
    let id = created.id;
    // The cache knows version 1 when it hears that the item is gone.
    surroundings
        .connect()
        .await
        .execute("DELETE FROM items")
        .await;
    environment.clock.advance(FRESH_FOR);
    environment.get(id).await;
    let late = CacheEntry {
        content: CacheContent::Item(Item {
            version: 9,
            ..created
        }),
        incarnation: environment.handler.items.database.incarnation(),
        as_of: START,
        fresh_until: START + FRESH_FOR,
    };
    let cache = &environment.handler.items.cache;
    let put = cache.put(&CacheKey::Item(id), &late).await.unwrap();
    assert_eq!(put, Put::Outdated);
}

async fn a_page_is_kept_for_the_fallback_but_always_asked_for(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    environment.create("bolt").await;
    let limit = PageLimit::default();
    let list = Read::List {
        limit,
        cursor: None,
    };
    let first = served(environment.read(list.clone()).await);
    let key = CacheKey::from(&list);
    let kept = environment.handler.items.cache.get(&key).await.unwrap();
    let kept = kept.unwrap().into_reply(Source::Fallback);
    assert_eq!(served(kept).body, first.body);

    environment.create("nut").await;
    let second = served(environment.read(list).await);
    assert_eq!(second.source, Source::Database);
    assert_ne!(second.body, first.body);
}

async fn reads_and_writes_survive_a_dead_cache(mut surroundings: Surroundings) {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    surroundings.cache = CacheConfig::new(format!("redis://{address}").parse().unwrap());
    let environment = surroundings.migrated_environment().await;
    let created = environment.create("bolt").await;
    let read = environment.get(created.id).await;
    assert_eq!(source(read.clone()), Source::Database);
    assert_eq!(item(read), created);
}

async fn a_cache_that_gives_no_lease_is_not_asked_again(mut surroundings: Surroundings) {
    let url = lambda_kit::testing::server("TEST_CACHE_URL").unwrap();
    let address = url.trim_start_matches("redis://");
    let user = format!("reader-{}", Uuid::now_v7());
    let admin = redis::Client::open(url.as_str()).unwrap();
    let mut admin = admin.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("ACL")
        .arg(&["SETUSER", &user, "on", ">secret", "~*", "+@all", "-set"])
        .exec_async(&mut admin)
        .await
        .unwrap();
    let restricted = format!("redis://{user}:secret@{address}");
    let healthy = surroundings.clone();
    let item = healthy.migrated_environment().await.create("bolt").await;
    surroundings.cache.url = restricted.parse().unwrap();
    let environment = surroundings.environment().await;
    environment.clock.advance(FRESH_FOR);
    let read = Command::Read(Read::Get { id: item.id });
    let asked = environment.asked_for(read).await;
    assert_eq!(
        asked,
        [
            (Cache, AttemptOutcome::Error),
            (Database, AttemptOutcome::Ok)
        ]
    );
    let entry = cached(&healthy.environment().await, item.id).await;
    assert_eq!(entry, Some(CacheContent::Item(item)), "it was readable");
}

async fn a_hung_cache_costs_a_read_less_than_a_second(mut surroundings: Surroundings) {
    let id = surroundings
        .migrated_environment()
        .await
        .create("bolt")
        .await
        .id;
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hung.local_addr().unwrap();
    surroundings.cache = CacheConfig::new(format!("redis://{address}").parse().unwrap());
    let environment = surroundings.environment().await;
    // The connection to the database is there already, as in daily life.
    let unknown = environment.get(Uuid::now_v7()).await;
    assert!(matches!(unknown, Reply::Refused(_)));

    let read = tokio::time::timeout(Duration::from_secs(1), environment.get(id)).await;
    assert_eq!(source(read.expect("it took too long")), Source::Database);
}

/// A way to the cache at `url` that breaks every connection until `works`.
async fn way_to(url: &str, works: Arc<AtomicBool>) -> String {
    let target = url.trim_start_matches("redis://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let way = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            if works.load(Ordering::SeqCst) {
                let mut server = TcpStream::connect(&target).await.unwrap();
                tokio::spawn(async move {
                    // How the traffic ended is for the two ends to judge.
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        }
    });
    way
}

async fn a_write_reaches_a_cache_that_failed_a_moment_ago(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;

    let works = Arc::new(AtomicBool::new(false));
    let url = lambda_kit::testing::server("TEST_CACHE_URL").unwrap();
    let mut shaky = surroundings.clone();
    shaky.cache.url = way_to(&url, Arc::clone(&works)).await.parse().unwrap();
    let shaky = shaky.environment().await;
    assert_eq!(source(shaky.get(id).await), Source::Database);
    works.store(true, Ordering::SeqCst);
    replace(&shaky, id, "nut").await;
    assert_eq!(item(environment.get(id).await).name, "nut");
}

async fn a_hung_cache_does_not_keep_a_committed_write_beyond_its_deadline(
    mut surroundings: Surroundings,
) {
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hung.local_addr().unwrap();
    let url = format!("redis://{address}");
    surroundings.cache.url = url.parse().unwrap();
    let environment = surroundings.migrated_environment().await;
    let command = command(&new_key(), create("bolt"));
    let deadline = Deadline::after(START, Duration::from_secs(2));
    let reply = environment.try_command_before(command, deadline);
    let reply = tokio::time::timeout(Duration::from_secs(4), reply).await;
    let reply = reply.expect("it took too long").unwrap();
    assert_eq!(item(reply).name, "bolt");
}

async fn a_cursor_behind_which_nothing_lies_leaves_nothing(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let list = |cursor| Read::List {
        limit: PageLimit::default(),
        cursor,
    };
    let beyond = list(Some(Cursor { after: Uuid::nil() }));
    for (read, kept) in [(list(None), true), (beyond, false)] {
        served(environment.read(read.clone()).await);
        let cache = &environment.handler.items.cache;
        let entry = cache.get(&CacheKey::from(&read)).await.unwrap();
        assert_eq!(entry.is_some(), kept);
    }
}
