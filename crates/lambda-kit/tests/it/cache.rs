//! The cache: Valkey itself, and listeners that behave as badly as networks do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use breaker_core::{
    Breaker, MemoryStore, Override, OverrideMode, Policy, Timestamp,
    time::ManualClock as CircuitClock,
};
use chrono::{DateTime, Utc};
use contract::{CacheContent, CacheEntry, CacheKey, Incarnation, Item};
use lambda_kit::{
    cache::{Cache, CacheConfig, CacheError, CacheTrust, Put},
    circuit::Circuit,
    iam::{Grant, Login, Tokens},
    testing::{ManualClock, Opening, TlsFront, no_faults, server},
};
use tokio::{net::TcpListener, time::timeout};
use uuid::Uuid;

use crate::relay::Relay;

pub(crate) const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// A handle on the cache at `url`, in a corner of its own, and patient: what
/// these tests claim does not depend on how busy the machine is.
pub(crate) fn cache(url: &str) -> Cache {
    limited_cache(url, Duration::from_secs(4))
}

fn limited_cache(url: &str, limit: Duration) -> Cache {
    cache_in(&format!("test-{}:", Uuid::now_v7()), url, limit)
}

/// A handle in the corner that `namespace` names.
pub(crate) fn cache_in(namespace: &str, url: &str, limit: Duration) -> Cache {
    let config = CacheConfig {
        namespace: namespace.to_owned(),
        limit,
        ..CacheConfig::new(url.parse().unwrap())
    };
    Cache::new(config, Login::OfUrl, no_faults())
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START))
}

/// A circuit that nobody else has.
pub(crate) fn circuit() -> Arc<Breaker<MemoryStore, Arc<CircuitClock>>> {
    circuit_by(&circuit_clock())
}

/// Calls so far apart are rare, so that failures in a row decide.
pub(crate) const APART: Duration = Duration::from_secs(3);

pub(crate) fn circuit_clock() -> Arc<CircuitClock> {
    Arc::new(CircuitClock::starting_at(Timestamp::from_unix_ms(
        1_700_000_000_000,
    )))
}

pub(crate) fn circuit_by(
    clock: &Arc<CircuitClock>,
) -> Arc<Breaker<MemoryStore, Arc<CircuitClock>>> {
    let store = MemoryStore::new();
    let builder = Breaker::builder("cache".parse().unwrap(), Policy::default(), store);
    Arc::new(builder.clock(Arc::clone(clock)).build().unwrap())
}

pub(crate) fn item(id: Uuid, version: i64) -> CacheEntry {
    entry(CacheContent::Item(Item {
        id,
        name: format!("bolt, version {version}"),
        description: String::new(),
        quantity: 1,
        version,
        created_at: START,
        updated_at: START,
    }))
}

pub(crate) fn tombstone(id: Uuid, version: i64) -> CacheEntry {
    entry(CacheContent::Tombstone { id, version })
}

fn entry(content: CacheContent) -> CacheEntry {
    CacheEntry {
        content,
        incarnation: Incarnation::numbered(1),
        as_of: START,
        fresh_until: START + Duration::from_secs(30),
    }
}

#[tokio::test]
async fn what_was_put_is_found() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let cache = cache(&url);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    assert_eq!(cache.get(&key).await.unwrap(), None);
    assert_eq!(cache.put(&key, &item(id, 1)).await.unwrap(), Put::Stored);
    assert_eq!(cache.get(&key).await.unwrap(), Some(item(id, 1)));
}

#[tokio::test]
async fn a_late_put_of_an_old_version_never_wins() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let cache = cache(&url);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    // Beyond 9, where comparing versions as text would go wrong.
    cache.put(&key, &item(id, 10)).await.unwrap();
    assert_eq!(cache.put(&key, &item(id, 9)).await.unwrap(), Put::Outdated);
    assert_eq!(cache.get(&key).await.unwrap(), Some(item(id, 10)));
}

#[tokio::test]
async fn a_tombstone_outlives_a_late_put() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let cache = cache(&url);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    cache.put(&key, &item(id, 3)).await.unwrap();
    let put = cache.put(&key, &tombstone(id, 4)).await.unwrap();
    assert_eq!(put, Put::Stored);
    assert_eq!(cache.put(&key, &item(id, 3)).await.unwrap(), Put::Outdated);
    assert_eq!(cache.get(&key).await.unwrap(), Some(tombstone(id, 4)));
}

#[tokio::test]
async fn the_same_version_is_refreshed_but_never_made_older() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let cache = cache(&url);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    let earlier = item(id, 1);
    let mut later = item(id, 1);
    later.as_of += Duration::from_secs(5);
    cache.put(&key, &earlier).await.unwrap();
    assert_eq!(cache.put(&key, &later).await.unwrap(), Put::Stored);
    assert_eq!(cache.put(&key, &earlier).await.unwrap(), Put::Outdated);
    assert_eq!(cache.get(&key).await.unwrap(), Some(later));
}

#[tokio::test]
async fn a_connection_that_broke_is_replaced_at_once() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let relay = Relay::to(&url).await;
    let cache = cache(&relay.url);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    cache.put(&key, &item(id, 1)).await.unwrap();
    relay.cut();
    assert_eq!(cache.get(&key).await.unwrap(), Some(item(id, 1)));
}

#[tokio::test]
async fn requests_at_the_same_time_share_one_connection_and_the_one_that_replaces_it() {
    const AT_ONCE: usize = 64;
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let relay = Relay::to(&url).await;
    let cache = cache(&relay.url);
    let id = Uuid::now_v7();
    for _ in 0..2 {
        let mut under_way = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
            let cache = cache.clone();
            under_way.spawn(async move { cache.get(&CacheKey::Item(id)).await });
        }
        for found in under_way.join_all().await {
            assert_eq!(found.unwrap(), None);
        }
        assert_eq!(relay.connections(), 1);
        relay.cut();
    }
}

#[tokio::test]
async fn a_connection_that_fell_silent_is_replaced_within_the_limit() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let relay = Relay::to(&url).await;
    let cache = cache(&relay.url);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    cache.put(&key, &item(id, 1)).await.unwrap();
    relay.silence();
    assert_eq!(cache.get(&key).await.unwrap(), Some(item(id, 1)));
}

/// As ElastiCache has it: over TLS, and a token that is out of date is refused.
#[tokio::test]
async fn each_connection_presents_a_token_of_its_own_over_tls() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let front = TlsFront::to(url.trim_start_matches("redis://"), Opening::None).await;
    let id = Uuid::now_v7();
    let user = format!("test-{id}");
    let clock = clock();
    let tokens = tokens(&user, &clock);
    let mut admin = admin(&url).await;
    let first = tokens.sign().await.unwrap();
    set_user(&mut admin, &user, &first).await;
    let trust = CacheTrust::Own(front.certificate.clone().into_bytes());
    let cache = cache_over_tls(&front, &user, trust, &clock);
    let key = CacheKey::Item(id);
    cache.put(&key, &item(id, 1)).await.unwrap();

    // The first token is worth nothing any more, and the connection it opened
    // is gone.
    clock.advance(Duration::from_mins(16));
    let second = tokens.sign().await.unwrap();
    assert_ne!(first, second);
    set_user(&mut admin, &user, &second).await;
    redis::cmd("CLIENT")
        .arg(&["KILL", "USER", &user])
        .exec_async(&mut admin)
        .await
        .unwrap();
    assert_eq!(cache.get(&key).await.unwrap(), Some(item(id, 1)));
}

/// A token would be as good as a password to whoever sits there instead.
#[tokio::test]
async fn a_server_that_nobody_trusted_vouches_for_gets_no_token() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let front = TlsFront::to(url.trim_start_matches("redis://"), Opening::None).await;
    let user = format!("test-{}", Uuid::now_v7());
    let clock = clock();
    let mut admin = admin(&url).await;
    let token = tokens(&user, &clock).sign().await.unwrap();
    set_user(&mut admin, &user, &token).await;
    let cache = cache_over_tls(&front, &user, CacheTrust::Public, &clock);
    let error = cache
        .get(&CacheKey::Item(Uuid::now_v7()))
        .await
        .unwrap_err();
    let CacheError::Failed(error) = error else {
        panic!("expected a connection that is refused, got {error:?}");
    };
    assert!(error.to_string().contains("certificate"), "{error}");
}

pub(crate) async fn admin(url: &str) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// The user, with this password and no other.
async fn set_user(admin: &mut redis::aio::MultiplexedConnection, user: &str, password: &str) {
    let password = format!(">{password}");
    redis::cmd("ACL")
        .arg(&["SETUSER", user, "reset", "on", &password, "~*", "+@all"])
        .exec_async(admin)
        .await
        .unwrap();
}

fn cache_over_tls(
    front: &TlsFront,
    user: &str,
    trust: CacheTrust,
    clock: &Arc<ManualClock>,
) -> Cache {
    let url = format!("rediss://{user}@{}", front.address);
    let config = CacheConfig {
        namespace: format!("{user}:"),
        trust,
        limit: Duration::from_secs(4),
        ..CacheConfig::new(url.parse().unwrap())
    };
    let login = Login::Token(tokens(user, clock));
    Cache::new(config, login, no_faults())
}

fn tokens(user: &str, clock: &Arc<ManualClock>) -> Tokens {
    let sdk = aws_config::SdkConfig::builder()
        .region(aws_config::Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "akid", "secret", None, None, "test",
        )))
        .build();
    let grant = Grant::Cache {
        name: "items-cache".to_owned(),
        user: user.to_owned(),
    };
    Tokens::new(&sdk, &grant, Arc::clone(clock) as _).unwrap()
}

#[tokio::test]
async fn a_hung_cache_costs_little() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let cache = limited_cache(&url, CacheConfig::DEFAULT_LIMIT);
    let key = CacheKey::Item(Uuid::now_v7());
    let outcome = within(Duration::from_millis(900), cache.get(&key)).await;
    assert!(outcome.is_err(), "{outcome:?}");
}

#[tokio::test]
async fn a_cache_that_fails_opens_its_circuit_and_is_not_asked_any_more() {
    let clock = circuit_clock();
    let circuit = circuit_by(&clock);
    let wait = || clock.advance(APART);
    let gone = cache(&format!("redis://127.0.0.1:{}", closed_port().await));
    let gone = gone.behind(circuit.clone());
    let id = Uuid::now_v7();
    let (key, entry, life) = (CacheKey::Item(id), item(id, 1), Duration::from_secs(1));
    assert!(matches!(gone.get(&key).await, Err(CacheError::Failed(_))));
    wait();
    assert!(gone.put(&key, &entry).await.is_err());
    wait();
    assert!(gone.lease(&key, life).await.is_err());
    wait();
    assert!(gone.note_absent(&key, life).await.is_err());
    assert_eq!(circuit.open_until(), None, "each counts once");
    wait();
    assert!(gone.end_lease(&key).await.is_err());
    assert!(circuit.open_until().is_some(), "each counts");
    for refused in [
        gone.get(&key).await.err(),
        gone.put(&key, &entry).await.err(),
        gone.lease(&key, life).await.err(),
        gone.note_absent(&key, life).await.err(),
        gone.end_lease(&key).await.err(),
    ] {
        assert!(
            matches!(refused, Some(CacheError::Withheld(_))),
            "{refused:?}"
        );
    }
    // Whatever becomes of this, it is tried.
    let must = gone.put_now(&key, &entry).await;
    assert!(matches!(must, Err(CacheError::Failed(_))), "{must:?}");
}

#[tokio::test]
async fn what_must_be_written_is_written_although_the_circuit_is_open() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let circuit = circuit();
    let order = Override {
        mode: OverrideMode::ForceOpen,
        reason: "the test wants it".to_owned(),
        actor: "the test".to_owned(),
        expires: circuit.known().now + Duration::from_hours(1),
    };
    circuit.place_override(order).await.unwrap();
    let unguarded = cache(&url);
    let spared = unguarded.clone().behind(circuit);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    assert!(spared.put(&key, &item(id, 1)).await.is_err());
    assert_eq!(unguarded.get(&key).await.unwrap(), None);
    let put = spared.put_now(&key, &item(id, 1)).await.unwrap();
    assert_eq!(put, Put::Stored);
    assert_eq!(unguarded.get(&key).await.unwrap(), Some(item(id, 1)));
}

#[tokio::test]
async fn what_must_be_written_is_tried_once_and_counts_while_the_circuit_is_closed() {
    let clock = circuit_clock();
    let circuit = circuit_by(&clock);
    let (url, asked) = hangs_up().await;
    let gone = cache(&url).behind(circuit.clone());
    let id = Uuid::now_v7();
    let (key, entry) = (CacheKey::Item(id), item(id, 1));
    for _ in 0..5 {
        assert_eq!(circuit.open_until(), None, "each counts once");
        clock.advance(APART);
        assert!(gone.put_now(&key, &entry).await.is_err());
    }
    let opened = circuit.inspect().await.unwrap().record;
    assert!(circuit.open_until().is_some(), "each counts");
    for _ in 0..5 {
        assert!(gone.put_now(&key, &entry).await.is_err());
    }
    assert_eq!(circuit.inspect().await.unwrap().record, opened);
    assert_eq!(asked.load(Ordering::SeqCst), 10, "each asks once");
}

#[tokio::test]
async fn an_absent_cache_is_noticed_at_once() {
    let port = closed_port().await;
    let cache = cache(&format!("redis://127.0.0.1:{port}"));
    let key = CacheKey::Item(Uuid::now_v7());
    let outcome = within(Duration::from_millis(900), cache.get(&key)).await;
    assert!(matches!(outcome, Err(CacheError::Failed(_))));
}

#[tokio::test]
async fn a_cache_that_does_not_speak_tls_is_an_error_and_no_panic() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let cache = cache(&url.replace("redis://", "rediss://"));
    let key = CacheKey::Item(Uuid::now_v7());
    assert!(cache.get(&key).await.is_err());
}

/// A server that takes every connection and ends it, and how many it has taken.
async fn hangs_up() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            drop(client);
        }
    });
    (url, asked)
}

/// A port that nobody listens on any more.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> T {
    timeout(limit, work).await.expect("it took too long")
}
