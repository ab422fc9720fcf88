//! One bad key in the cache is a miss, and is gone after the next read.

use std::time::Duration;

use contract::{AttemptOutcome, CacheKey, Command, Deadline, Read, Source, Target};
use lambda_kit::{circuits, testing::server};
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{Environment, START, Surroundings, TIMEOUTS, item, source},
};

on_each_engine! {
    an_entry_that_cannot_be_used_is_a_miss_and_is_replaced_by_the_next_read,
    an_entry_that_cannot_be_used_gives_way_although_there_is_no_such_item,
    a_lease_that_cannot_be_used_is_a_miss_and_is_gone_after_the_next_read,
    a_lease_that_does_not_end_keeps_nobody_waiting,
}

/// Puts odd things into the cache of some surroundings.
struct Vandal {
    connection: MultiplexedConnection,
    namespace: String,
}

impl Vandal {
    async fn beside(surroundings: &Surroundings) -> Self {
        let url = server("TEST_CACHE_URL").unwrap();
        let client = redis::Client::open(url).unwrap();
        Self {
            connection: client.get_multiplexed_async_connection().await.unwrap(),
            namespace: surroundings.cache.namespace.clone(),
        }
    }

    /// Leaves something under `key`, with `command` and what follows the key.
    async fn leave(&mut self, key: &str, command: &str, words: &[&[u8]]) {
        let place = format!("{}{key}", self.namespace);
        for mut command in [redis::cmd("DEL"), redis::cmd(command)] {
            command.arg(&place);
            if !command
                .args_iter()
                .any(|word| word == redis::Arg::Simple(b"DEL"))
            {
                command.arg(words);
            }
            command.exec_async(&mut self.connection).await.unwrap();
        }
    }
}

/// What is no entry, each with a way to write it.
fn bad_entries(good: &str) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let (_, json) = good.split_once('\n').unwrap();
    let highest = format!("9007199254740991 9007199254740991 9007199254740991\n{json}");
    vec![
        ("SET", vec![vec![0xff, 0xfe]]),
        ("SET", vec![b"not json".to_vec()]),
        ("SET", vec![b"inf inf inf\n{}".to_vec()]),
        ("SET", vec![highest.into_bytes()]),
        ("SET", vec![vec![b'x'; 1_024 * 1_024]]),
        ("RPUSH", vec![b"x".to_vec()]),
        ("HSET", vec![b"version".to_vec(), b"inf".to_vec()]),
    ]
}

fn words(words: &[Vec<u8>]) -> Vec<&[u8]> {
    words.iter().map(Vec::as_slice).collect()
}

/// The circuits count what fails, so that the fifth would open one.
async fn no_failure_is_counted(surroundings: &Surroundings, environment: &Environment) {
    let circuit = surroundings.circuit(circuits::CACHE, &environment.clock);
    let record = circuit.inspect().await.unwrap().record;
    assert_eq!(record.epoch, breaker_core::Epoch(0), "{record:?}");
}

async fn an_entry_that_cannot_be_used_is_a_miss_and_is_replaced_by_the_next_read(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let mut vandal = Vandal::beside(&surroundings).await;
    let created = environment.create("bolt").await;
    let key = CacheKey::Item(created.id);
    let cache = &environment.handler.items.cache;
    let good = cache.get(&key).await.unwrap().unwrap().encode().unwrap();
    for (command, bad) in bad_entries(&good) {
        vandal.leave(&key.to_string(), command, &words(&bad)).await;
        environment.clock.advance(Duration::from_secs(1));
        let read = environment.get(created.id).await;
        assert_eq!(source(read.clone()), Source::Database, "{command}");
        assert_eq!(item(read), created, "{command}");
        assert_eq!(
            source(environment.get(created.id).await),
            Source::Cache,
            "{command}"
        );
    }
    no_failure_is_counted(&surroundings, &environment).await;
}

async fn an_entry_that_cannot_be_used_gives_way_although_there_is_no_such_item(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let mut vandal = Vandal::beside(&surroundings).await;
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    vandal.leave(&key.to_string(), "RPUSH", &[b"x"]).await;
    environment.get(id).await;
    let found = environment.handler.items.cache.get(&key).await;
    assert_eq!(found.unwrap(), None);
}

async fn a_lease_that_cannot_be_used_is_a_miss_and_is_gone_after_the_next_read(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let mut vandal = Vandal::beside(&surroundings).await;
    let id = environment.create("bolt").await.id;
    let (entry, lease) = (format!("item:{id}"), format!("item:{id}:lease"));
    for (command, bad) in [
        ("RPUSH", vec![b"x".as_slice()]),
        ("HSET", vec![b"f", b"v"]),
        ("SET", vec![b"asking"]),
        ("SET", vec![b"absent"]),
    ] {
        vandal.leave(&entry, "SET", &[b"gone"]).await;
        vandal.leave(&lease, command, &bad).await;
        let read = Command::Read(Read::Get { id });
        let asked = environment.asked_for(read).await;
        let miss = (Target::Cache, AttemptOutcome::Miss);
        assert_eq!(asked.first(), Some(&miss), "{command}");
        assert_eq!(
            source(environment.get(id).await),
            Source::Cache,
            "{command}"
        );
    }
    no_failure_is_counted(&surroundings, &environment).await;
}

/// Although whoever asks would have the patience.
async fn a_lease_that_does_not_end_keeps_nobody_waiting(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let mut vandal = Vandal::beside(&surroundings).await;
    let id = environment.create("bolt").await.id;
    vandal.leave(&format!("item:{id}"), "SET", &[b"gone"]).await;
    vandal
        .leave(&format!("item:{id}:lease"), "SET", &[b"asking"])
        .await;
    let read = Command::Read(Read::Get { id });
    let deadline = Deadline::after(START, TIMEOUTS * 60);
    let reply = tokio::time::timeout(TIMEOUTS, environment.ask_before(read, deadline)).await;
    assert_eq!(item(reply.expect("it waited")).id, id);
}
