//! The deployed cache's users may do what the functions do, and no more. A local
//! cache has no such users, so they are made here from what is deployed.

use std::time::Duration;

use contract::{CacheKey, Incarnation};
use lambda_kit::{
    cache::{Cache, Lease, Put},
    testing::server,
};
use uuid::Uuid;

use crate::cache::{admin, cache_in, item};

/// The access strings, as the infrastructure has them.
const DEPLOYED: &str = include_str!("../../../../infrastructure/lib/constructs/cache-access.ts");

/// The text between the quotes that follow `name`.
fn text_of(name: &str) -> &'static str {
    let (_, rest) = DEPLOYED.split_once(name).unwrap();
    rest.split(['\'', '`']).nth(1).unwrap()
}

/// A user with the access that the infrastructure gives to `role`.
async fn user(url: &str, role: &str) -> Cache {
    let access = text_of(&format!("{role}: "))
        .replace("${entries}", text_of("const entries = "))
        .replace("${connect}", text_of("const connect = "));
    let user = format!("{role}-{}", Uuid::now_v7());
    let mut set = redis::cmd("ACL");
    set.arg("SETUSER").arg(&user).arg("reset").arg(">secret");
    set.arg(access.split(' ').collect::<Vec<_>>());
    set.exec_async(&mut admin(url).await).await.unwrap();
    let address = url.trim_start_matches("redis://");
    let url = format!("redis://{user}:secret@{address}");
    cache_in("", &url, Duration::from_secs(4))
}

#[tokio::test]
async fn the_deployed_writer_may_do_everything_and_the_reader_may_read() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let (writer, reader) = (user(&url, "writer").await, user(&url, "reader").await);
    let id = Uuid::now_v7();
    let (key, life) = (CacheKey::Item(id), Duration::from_secs(1));
    assert_eq!(writer.lease(&key, life).await.unwrap(), Lease::Won);
    writer.note_absent(&key, life).await.unwrap();
    writer.end_lease(&key).await.unwrap();
    assert_eq!(writer.put(&key, &item(id, 1)).await.unwrap(), Put::Stored);
    let put = writer.put_now(&key, &item(id, 2)).await;
    assert_eq!(put.unwrap(), Put::Stored);
    writer.announce(Incarnation::numbered(1)).await.unwrap();
    for user in [&writer, &reader] {
        assert_eq!(user.get(&key).await.unwrap(), Some(item(id, 2)));
    }
    assert!(reader.put(&key, &item(id, 3)).await.is_err());
    assert!(reader.remove(&key).await.is_err());
    assert!(reader.announce(Incarnation::numbered(1)).await.is_err());
    assert_eq!(writer.get(&key).await.unwrap(), Some(item(id, 2)));
    writer.remove(&key).await.unwrap();
    assert_eq!(reader.get(&key).await.unwrap(), None);
}
