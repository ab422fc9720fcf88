//! Many who miss the same item at once.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use contract::{
    CacheKey, Command, Cursor, Deadline, IdempotencyKey, Incarnation, Item, ItemPage, PageLimit,
    Read, Refusal, Reply, Write,
};
use lambda_kit::{cache::Lease, testing::no_faults};
use retry_lambda::{
    commit::Commit,
    database::MigrationError,
    repository::{Asked, Repository, WriteOutcome},
};
use tokio::task::{JoinSet, LocalSet};
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{Environment, START, Surroundings, TIMEOUTS, create, item, new_key},
};

on_each_engine! {
    five_hundred_reads_of_a_cold_item_ask_the_database_twice_at_most,
    five_hundred_reads_of_a_missing_item_ask_the_database_twice_at_most,
    a_winner_that_died_is_waited_for_until_its_lease_ends,
    a_wait_that_takes_too_long_ends_at_the_database,
    an_item_made_after_it_was_missed_is_seen_at_once,
}

const ENVIRONMENTS: usize = 5;
const READS: usize = 500;

/// A repository that counts how often it is asked for an item.
struct Counted {
    repository: Box<dyn Repository>,
    reads: Arc<AtomicUsize>,
}

impl Repository for Counted {
    fn get(&self, id: Uuid, time_left: Option<Duration>) -> Asked<'_, Option<Item>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.repository.get(id, time_left)
    }

    fn list(
        &self,
        limit: PageLimit,
        cursor: Option<Cursor>,
        time_left: Option<Duration>,
    ) -> Asked<'_, ItemPage> {
        self.repository.list(limit, cursor, time_left)
    }

    fn write_once<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        write: &'a Write,
        commit: &'a Commit,
        time_left: Option<Duration>,
    ) -> Asked<'a, WriteOutcome> {
        self.repository.write_once(key, write, commit, time_left)
    }

    fn incarnation(&self) -> Incarnation {
        self.repository.incarnation()
    }

    fn begin_incarnation(&self, time_left: Option<Duration>) -> Asked<'_, Incarnation> {
        self.repository.begin_incarnation(time_left)
    }

    fn migrate(&self, limit: Duration) -> Asked<'_, usize, MigrationError> {
        self.repository.migrate(limit)
    }
}

/// An item that the database has and the cache does not.
async fn cold_item(surroundings: &mut Surroundings) -> Uuid {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    surroundings.cache.namespace.push_str("emptied:");
    id
}

/// What as many reads of `id` at once come to, from several environments, and
/// how often those asked the database.
async fn stampede(surroundings: &Surroundings, id: Uuid) -> (Vec<Reply>, usize) {
    let reads = Arc::new(AtomicUsize::new(0));
    let mut environments = Vec::new();
    for _ in 0..ENVIRONMENTS {
        let mut environment = surroundings.environment().await;
        environment.handler.items.database = Box::new(Counted {
            repository: surroundings.repository(no_faults(), environment.clock.clone()),
            reads: Arc::clone(&reads),
        });
        environments.push(Rc::new(environment));
    }
    let together = LocalSet::new();
    let mut answers = JoinSet::new();
    for environment in environments.iter().cycle().take(READS) {
        let environment = Rc::clone(environment);
        answers.spawn_local_on(async move { environment.get(id).await }, &together);
    }
    let answers = together.run_until(answers.join_all()).await;
    (answers, reads.load(Ordering::SeqCst))
}

async fn five_hundred_reads_of_a_cold_item_ask_the_database_twice_at_most(
    mut surroundings: Surroundings,
) {
    let id = cold_item(&mut surroundings).await;
    let (replies, reads) = stampede(&surroundings, id).await;
    for reply in replies {
        assert_eq!(item(reply).id, id);
    }
    assert!((1..=2).contains(&reads), "{reads} reads");
}

async fn five_hundred_reads_of_a_missing_item_ask_the_database_twice_at_most(
    mut surroundings: Surroundings,
) {
    cold_item(&mut surroundings).await;
    let id = Uuid::now_v7();
    let (replies, reads) = stampede(&surroundings, id).await;
    for reply in replies {
        assert_eq!(reply, Reply::Refused(Refusal::not_found(id)));
    }
    assert!((1..=2).contains(&reads), "{reads} reads");
}

/// As if an environment had died between taking the lease and using it.
async fn take_lease(environment: &Environment, id: Uuid, life: Duration) {
    let cache = &environment.handler.items.cache;
    let lease = cache.lease(&CacheKey::Item(id), life).await.unwrap();
    assert_eq!(lease, Lease::Won);
}

async fn a_winner_that_died_is_waited_for_until_its_lease_ends(mut surroundings: Surroundings) {
    let id = cold_item(&mut surroundings).await;
    let environment = surroundings.environment().await;
    take_lease(&environment, id, Duration::from_millis(100)).await;
    assert_eq!(item(environment.get(id).await).id, id);
}

async fn a_wait_that_takes_too_long_ends_at_the_database(mut surroundings: Surroundings) {
    let id = cold_item(&mut surroundings).await;
    let environment = surroundings.environment().await;
    take_lease(&environment, id, TIMEOUTS).await;
    // An eighth of it is for waiting.
    let deadline = Deadline::after(START, Duration::from_secs(8));
    let read = environment.ask_before(Command::Read(Read::Get { id }), deadline);
    let read = tokio::time::timeout(TIMEOUTS / 2, read).await;
    assert_eq!(item(read.expect("it took too long")).id, id);
}

async fn an_item_made_after_it_was_missed_is_seen_at_once(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let write = create("bolt");
    let Write::Create { id, .. } = write else {
        panic!("expected a creation");
    };
    let not_found = Reply::Refused(Refusal::not_found(id));
    assert_eq!(environment.get(id).await, not_found);
    environment.write(&new_key(), write).await;
    assert_eq!(item(environment.get(id).await).id, id);
}
