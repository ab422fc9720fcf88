//! What is served in place of the database, and what is not.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use contract::{
    AttemptOutcome, Body, CacheContent, CacheEntry, CacheKey, Deadline, Dependency, Faults,
    Incarnation, Item, ItemPage, PageLimit, Read, Refusal, Reply, Request, Response, Served,
    Source, Target,
};
use fallback_lambda::handler::Handler;
use lambda_kit::{
    cache::{Cache, CacheConfig},
    faults::{FaultInjection, Injector},
    iam::Login,
    testing::{ManualClock, server},
};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;
const ID: Uuid = Uuid::from_u128(7);
const INCARNATION: Incarnation = Incarnation::numbered(5);

struct Fallback {
    handler: Handler,
    clock: Arc<ManualClock>,
}

impl Fallback {
    /// The function beside the cache at `url`, in a corner of its own.
    fn beside(url: &str) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let config = CacheConfig {
            namespace: format!("test-{}:", Uuid::now_v7()),
            limit: Duration::from_secs(4),
            ..CacheConfig::new(url.parse().unwrap())
        };
        let faults = Injector::new(FaultInjection::Allowed, clock.clone());
        let handler = Handler {
            cache: Cache::new(config, Login::OfUrl, faults.clone()),
            faults,
            max_age: "3600".parse().unwrap(),
            clock: clock.clone(),
        };
        Self { handler, clock }
    }

    async fn remember(&self, key: CacheKey, content: CacheContent) {
        let entry = CacheEntry {
            content,
            incarnation: INCARNATION,
            as_of: START,
            fresh_until: START + Duration::from_secs(30),
        };
        self.handler.cache.put(&key, &entry).await.unwrap();
    }

    async fn ask(&self, read: Read) -> Reply {
        self.respond(read).await.reply
    }

    async fn respond(&self, read: Read) -> Response {
        let request = Request {
            request_id: "r-1".to_owned(),
            deadline: Deadline::after(START, Duration::from_hours(2)),
            faults: Faults::default(),
            command: read,
        };
        let event = serde_json::to_value(request).unwrap();
        self.handler.handle(event).await.unwrap()
    }
}

fn item() -> Item {
    Item {
        id: ID,
        name: "bolt".to_owned(),
        description: String::new(),
        quantity: 1,
        version: 1,
        created_at: START,
        updated_at: START,
    }
}

fn dependency(reply: Reply) -> Dependency {
    match reply {
        Reply::Unavailable(unavailable) => unavailable.dependency,
        other => panic!("expected an unavailable dependency, got {other:?}"),
    }
}

#[tokio::test]
async fn an_item_is_served_with_its_label_although_it_is_not_fresh() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    fallback
        .remember(CacheKey::Item(ID), CacheContent::Item(item()))
        .await;
    fallback.clock.advance(Duration::from_mins(10));
    let served = Served {
        body: Body::Item(item()),
        source: Source::Fallback,
        as_of: START,
        setback: None,
    };
    assert_eq!(
        fallback.ask(Read::Get { id: ID }).await,
        Reply::Served(served)
    );
}

#[tokio::test]
async fn a_page_is_served_to_whom_asks_for_the_same_page() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    let limit = PageLimit::default();
    let page = ItemPage {
        items: vec![item()],
        next_cursor: None,
    };
    let key = CacheKey::Page {
        limit,
        cursor: None,
    };
    fallback
        .remember(key, CacheContent::Page(page.clone()))
        .await;
    let reply = fallback
        .ask(Read::List {
            limit,
            cursor: None,
        })
        .await;
    assert!(matches!(reply, Reply::Served(served) if served.body == Body::Page(page)));
    let other = Read::List {
        limit: PageLimit::try_from(3).unwrap(),
        cursor: None,
    };
    assert_eq!(
        dependency(fallback.ask(other).await),
        Dependency::NothingCached
    );
}

#[tokio::test]
async fn a_deleted_item_is_not_found() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    let tombstone = CacheContent::Tombstone { id: ID, version: 2 };
    fallback.remember(CacheKey::Item(ID), tombstone).await;
    assert_eq!(
        fallback.ask(Read::Get { id: ID }).await,
        Reply::Refused(Refusal::not_found(ID))
    );
}

#[tokio::test]
async fn what_the_cache_had_is_told() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    let asked = async |read| {
        let attempts = fallback.respond(read).await.attempts;
        let told = attempts.iter();
        told.map(|attempt| (attempt.target, attempt.outcome))
            .collect::<Vec<_>>()
    };
    let miss = [(Target::Cache, AttemptOutcome::Miss)];
    assert_eq!(asked(Read::Get { id: ID }).await, miss);
    fallback
        .remember(CacheKey::Item(ID), CacheContent::Item(item()))
        .await;
    let hit = [(Target::Cache, AttemptOutcome::Ok)];
    assert_eq!(asked(Read::Get { id: ID }).await, hit);
    fallback
        .clock
        .advance(Duration::from_hours(1) + Duration::from_secs(1));
    assert_eq!(asked(Read::Get { id: ID }).await, miss, "it is too old");
}

#[tokio::test]
async fn what_is_too_old_or_unknown_is_not_served() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    let read = Read::Get { id: ID };
    let unknown = fallback.ask(read.clone()).await;
    assert_eq!(dependency(unknown), Dependency::NothingCached);

    fallback
        .remember(CacheKey::Item(ID), CacheContent::Item(item()))
        .await;
    fallback.clock.advance(Duration::from_secs(3_601));
    let too_old = fallback.ask(read).await;
    assert_eq!(dependency(too_old), Dependency::NothingCached);
}

/// It is of a history that the database has no more: not even old, but never so.
#[tokio::test]
async fn what_an_earlier_incarnation_of_the_database_said_is_not_served() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    let read = Read::Get { id: ID };
    let key = CacheKey::Item(ID);
    fallback.remember(key, CacheContent::Item(item())).await;
    let cache = &fallback.handler.cache;
    cache.announce(INCARNATION).await.unwrap();
    let served = fallback.ask(read.clone()).await;
    assert!(matches!(served, Reply::Served(_)), "{served:?}");
    let later = Incarnation::numbered(INCARNATION.number() + 1);
    cache.announce(later).await.unwrap();
    let response = fallback.respond(read).await;
    assert_eq!(response.attempts[0].outcome, AttemptOutcome::Miss);
    assert_eq!(dependency(response.reply), Dependency::NothingCached);
}

#[tokio::test]
async fn an_entry_from_the_end_of_time_is_not_served() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    let entry = CacheEntry {
        content: CacheContent::Item(item()),
        incarnation: INCARNATION,
        as_of: DateTime::<Utc>::MAX_UTC,
        fresh_until: DateTime::<Utc>::MAX_UTC,
    };
    let key = CacheKey::Item(ID);
    fallback.handler.cache.put(&key, &entry).await.unwrap();
    let reply = fallback.ask(Read::Get { id: ID }).await;
    assert_eq!(dependency(reply), Dependency::NothingCached);
}

#[tokio::test]
async fn nothing_is_asked_after_the_deadline() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let fallback = Fallback::beside(&url);
    fallback.clock.advance(Duration::from_hours(2));
    let reply = fallback.ask(Read::Get { id: ID }).await;
    assert_eq!(dependency(reply), Dependency::Time);
}

#[tokio::test]
async fn a_dead_cache_is_told_apart_from_an_empty_one() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", closed.local_addr().unwrap());
    drop(closed);
    let reply = Fallback::beside(&url).ask(Read::Get { id: ID }).await;
    assert_eq!(dependency(reply), Dependency::Cache);
}

#[tokio::test]
async fn an_event_that_asks_for_a_write_is_refused_with_a_reason() {
    let event = json!({
        "request_id": "r-1",
        "deadline": START,
        "command": {"delete": {"id": ID, "expected": null}},
    });
    let fallback = Fallback::beside("redis://127.0.0.1:1");
    for event in [event, json!({})] {
        let error = fallback.handler.handle(event).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "event cannot be understood: the JSON has another form than expected; it must be a \
             request to read"
        );
    }
}
