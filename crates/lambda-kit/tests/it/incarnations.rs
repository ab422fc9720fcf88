//! Of two statements, that of the later incarnation is right, whatever their versions.

use std::time::Duration;

use contract::{CacheEntry, CacheEntryError, CacheKey, Incarnation};
use lambda_kit::{
    cache::{Cache, CacheError, Put},
    testing::server,
};
use uuid::Uuid;

use crate::cache::{admin, cache, cache_in, item, tombstone};

fn of(number: i64, entry: CacheEntry) -> CacheEntry {
    CacheEntry {
        incarnation: Incarnation::numbered(number),
        ..entry
    }
}

fn is_superseded(found: &Result<Option<CacheEntry>, CacheError>) -> bool {
    matches!(found, Err(CacheError::Entry(CacheEntryError::Superseded)))
}

/// A cache that knows an item in the version 9, and that it was so in incarnation 5.
async fn cache_of_the_fifth() -> Option<(Cache, Uuid, CacheKey)> {
    let cache = cache(&server("TEST_CACHE_URL")?);
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    let put = cache.put(&key, &of(5, item(id, 9))).await.unwrap();
    assert_eq!(put, Put::Stored);
    Some((cache, id, key))
}

#[tokio::test]
async fn a_lower_version_of_a_later_incarnation_wins() {
    let Some((cache, id, key)) = cache_of_the_fifth().await else {
        return;
    };
    let restored = of(6, item(id, 3));
    assert_eq!(cache.put(&key, &restored).await.unwrap(), Put::Stored);
    assert_eq!(cache.get(&key).await.unwrap(), Some(restored));
}

#[tokio::test]
async fn a_tombstone_of_a_lost_history_does_not_outlive_it() {
    let Some((cache, id, key)) = cache_of_the_fifth().await else {
        return;
    };
    let gone = of(5, tombstone(id, (1 << 53) - 1));
    assert_eq!(cache.put(&key, &gone).await.unwrap(), Put::Stored);
    let restored = of(6, item(id, 3));
    assert_eq!(cache.put(&key, &restored).await.unwrap(), Put::Stored);
    assert_eq!(cache.get(&key).await.unwrap(), Some(restored));
}

#[tokio::test]
async fn a_writer_of_an_earlier_incarnation_loses_also_where_nothing_lies() {
    let Some((cache, id, key)) = cache_of_the_fifth().await else {
        return;
    };
    let late = of(4, item(id, 10));
    assert_eq!(cache.put(&key, &late).await.unwrap(), Put::Superseded);
    let other = Uuid::now_v7();
    let nothing = CacheKey::Item(other);
    let late = of(4, item(other, 1));
    assert_eq!(cache.put(&nothing, &late).await.unwrap(), Put::Superseded);
    assert_eq!(cache.get(&nothing).await.unwrap(), None);
    assert_eq!(cache.get(&key).await.unwrap(), Some(of(5, item(id, 9))));
}

/// It wrote, after all, and to the database that all the others may read from.
#[tokio::test]
async fn what_a_writer_of_an_earlier_incarnation_must_replace_is_removed() {
    let Some((cache, id, key)) = cache_of_the_fifth().await else {
        return;
    };
    let late = of(4, item(id, 10));
    assert_eq!(cache.put_now(&key, &late).await.unwrap(), Put::Removed);
    assert_eq!(cache.get(&key).await.unwrap(), None);
}

#[tokio::test]
async fn entries_of_before_are_of_no_use_once_a_later_incarnation_is_known() {
    let Some((cache, id, key)) = cache_of_the_fifth().await else {
        return;
    };
    cache.announce(Incarnation::numbered(4)).await.unwrap();
    assert!(cache.get(&key).await.unwrap().is_some(), "that was before");
    cache.announce(Incarnation::numbered(6)).await.unwrap();
    assert!(is_superseded(&cache.get(&key).await));
    let restored = of(6, item(id, 1));
    assert_eq!(cache.put(&key, &restored).await.unwrap(), Put::Stored);
    assert_eq!(cache.get(&key).await.unwrap(), Some(restored));
}

/// One bad key again, but one that every read looks at.
#[tokio::test]
async fn an_incarnation_that_cannot_be_is_none_and_gives_way() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let namespace = format!("test-{}:", Uuid::now_v7());
    let cache = cache_in(&namespace, &url, Duration::from_secs(4));
    let mut vandal = admin(&url).await;
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    let long = "9".repeat(1_024 * 1_024);
    for bad in [
        "",
        "x",
        "inf",
        "nan",
        "0x7fffffff",
        "-1",
        "1e3",
        "5.5",
        " 6",
        "7 ",
        // In the year 2255, or beyond what numbers can be.
        "9000000000000",
        "9007199254740992",
        "99999999999999999999",
        &long,
    ] {
        cache.put(&key, &of(5, item(id, 1))).await.unwrap();
        let place = format!("{namespace}incarnation");
        let set = redis::cmd("SET").arg(&place).arg(bad).to_owned();
        set.exec_async(&mut vandal).await.unwrap();
        let found = cache.get(&key).await.unwrap();
        assert_eq!(found, Some(of(5, item(id, 1))), "{bad:.20}");
        let put = cache.put(&key, &of(5, item(id, 1))).await.unwrap();
        assert_eq!(put, Put::Stored, "{bad:.20}");
        let get = redis::cmd("GET").arg(&place).to_owned();
        let now: String = get.query_async(&mut vandal).await.unwrap();
        assert_eq!(now, "5", "{bad:.20}");
    }
    let list = format!("{namespace}incarnation");
    redis::cmd("DEL")
        .arg(&list)
        .exec_async(&mut vandal)
        .await
        .unwrap();
    redis::cmd("RPUSH")
        .arg(&list)
        .arg("x")
        .exec_async(&mut vandal)
        .await
        .unwrap();
    assert!(cache.get(&key).await.unwrap().is_some(), "a list");
    assert_eq!(
        cache.put(&key, &of(5, item(id, 2))).await.unwrap(),
        Put::Stored
    );
}
