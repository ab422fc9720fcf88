//! The cache: Valkey itself, and listeners that behave as badly as networks do.

use std::{sync::Arc, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use chrono::{DateTime, Utc};
use contract::{CacheContent, CacheEntry, CacheKey, Item};
use lambda_kit::{
    cache::{Cache, CacheConfig, CacheError, CacheTrust, Put},
    iam::{Grant, Login, Tokens},
    testing::{ManualClock, Opening, TlsFront, no_faults, server},
};
use tokio::{net::TcpListener, time::timeout};
use uuid::Uuid;

use crate::relay::Relay;

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// A handle on the cache at `url`, in a corner of its own, and patient: what
/// these tests claim does not depend on how busy the machine is.
fn cache(url: &str, clock: &Arc<ManualClock>) -> Cache {
    limited_cache(url, clock, Duration::from_secs(4))
}

fn limited_cache(url: &str, clock: &Arc<ManualClock>, limit: Duration) -> Cache {
    let config = CacheConfig {
        namespace: format!("test-{}:", Uuid::now_v7()),
        limit,
        ..CacheConfig::new(url.parse().unwrap())
    };
    Cache::new(config, Login::OfUrl, Arc::clone(clock) as _, no_faults())
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START))
}

fn item(id: Uuid, version: i64) -> CacheEntry {
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

fn tombstone(id: Uuid, version: i64) -> CacheEntry {
    entry(CacheContent::Tombstone { id, version })
}

fn entry(content: CacheContent) -> CacheEntry {
    CacheEntry {
        content,
        as_of: START,
        fresh_until: START + Duration::from_secs(30),
    }
}

#[tokio::test]
async fn what_was_put_is_found() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let cache = cache(&url, &clock());
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
    let cache = cache(&url, &clock());
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
    let cache = cache(&url, &clock());
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
    let cache = cache(&url, &clock());
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
    let cache = cache(&relay.url, &clock());
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    cache.put(&key, &item(id, 1)).await.unwrap();
    relay.cut();
    assert_eq!(cache.get(&key).await.unwrap(), Some(item(id, 1)));
}

#[tokio::test]
async fn a_connection_that_fell_silent_is_replaced_within_the_limit() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let relay = Relay::to(&url).await;
    let cache = cache(&relay.url, &clock());
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

async fn admin(url: &str) -> redis::aio::MultiplexedConnection {
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
    Cache::new(config, login, Arc::clone(clock) as _, no_faults())
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
async fn an_entry_that_another_version_wrote_is_an_error_of_its_own() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let clock = clock();
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    let config = CacheConfig {
        namespace: format!("test-{id}:"),
        ..CacheConfig::new(url.parse().unwrap())
    };
    let cache = Cache::new(config, Login::OfUrl, Arc::clone(&clock) as _, no_faults());
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for text in [r#"{"schema": 2}"#, "not json"] {
        redis::cmd("HSET")
            .arg(format!("test-{id}:{key}"))
            .arg("entry")
            .arg(text)
            .exec_async(&mut connection)
            .await
            .unwrap();
        assert!(matches!(cache.get(&key).await, Err(CacheError::Entry(_))));
    }
    // The cache itself is well: nothing is left alone, and a put repairs.
    assert_eq!(cache.put(&key, &item(id, 1)).await.unwrap(), Put::Stored);
}

#[tokio::test]
async fn a_hung_cache_costs_little_and_only_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let clock = clock();
    let cache = limited_cache(&url, &clock, CacheConfig::DEFAULT_LIMIT);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);

    let first = within(Duration::from_millis(900), cache.get(&key)).await;
    assert!(!matches!(first, Ok(_) | Err(CacheError::LeftAlone)));
    let second = within(Duration::from_millis(50), cache.put(&key, &item(id, 1))).await;
    assert!(matches!(second, Err(CacheError::LeftAlone)));

    clock.advance(Cache::RESPITE);
    let third = within(Duration::from_millis(900), cache.get(&key)).await;
    assert!(!matches!(third, Ok(_) | Err(CacheError::LeftAlone)));
}

#[tokio::test]
async fn an_absent_cache_is_noticed_at_once() {
    let port = closed_port().await;
    let cache = cache(&format!("redis://127.0.0.1:{port}"), &clock());
    let key = CacheKey::Item(Uuid::now_v7());
    let outcome = within(Duration::from_millis(900), cache.get(&key)).await;
    assert!(matches!(outcome, Err(CacheError::Failed(_))));
}

#[tokio::test]
async fn a_cache_that_does_not_speak_tls_is_an_error_and_no_panic() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let cache = cache(&url.replace("redis://", "rediss://"), &clock());
    let key = CacheKey::Item(Uuid::now_v7());
    assert!(cache.get(&key).await.is_err());
}

/// A port that nobody listens on any more.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> T {
    timeout(limit, work).await.expect("it took too long")
}
