//! One bad key stays one bad key: it is a miss, gives way, and opens no circuit.

use std::{sync::Arc, time::Duration};

use breaker_core::Epoch;
use contract::{CacheContent, CacheEntry, CacheEntryError, CacheKey, ItemPage, PageLimit};
use lambda_kit::{
    cache::{Cache, CacheError, Lease, Put},
    testing::server,
};
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

use crate::cache::{START, admin, cache_in, circuit, item};

const LIMIT: Duration = Duration::from_secs(4);
const LIFE: Duration = Duration::from_millis(500);

/// A cache behind a circuit, and somebody who puts odd things into it.
struct Corner {
    namespace: String,
    cache: Cache,
    circuit:
        Arc<breaker_core::Breaker<breaker_core::MemoryStore, Arc<breaker_core::time::ManualClock>>>,
    vandal: MultiplexedConnection,
}

impl Corner {
    async fn new() -> Option<Self> {
        let url = server("TEST_CACHE_URL")?;
        let namespace = format!("test-{}:", Uuid::now_v7());
        let circuit = circuit();
        Some(Self {
            cache: cache_in(&namespace, &url, LIMIT).behind(circuit.clone()),
            circuit,
            vandal: admin(&url).await,
            namespace,
        })
    }

    /// Leaves something under `key`, with `command` and what follows the key.
    async fn leave(&mut self, key: &str, command: &str, words: &[&[u8]]) {
        let place = format!("{}{key}", self.namespace);
        let delete = redis::cmd("DEL").arg(&place).to_owned();
        delete.exec_async(&mut self.vandal).await.unwrap();
        let mut command = redis::cmd(command);
        command.arg(&place);
        for word in words {
            command.arg(*word);
        }
        command.exec_async(&mut self.vandal).await.unwrap();
    }

    async fn circuit_has_not_moved(&self) -> bool {
        self.circuit.inspect().await.unwrap().record.epoch == Epoch(0)
    }
}

/// What may lie in the place of an entry and is none, and how it got there.
fn bad_entries(id: Uuid) -> Vec<(&'static str, &'static str, Vec<Vec<u8>>)> {
    let good = item(id, 1).encode().unwrap();
    let (rank, json) = good.split_once('\n').unwrap();
    let text = |text: &str| vec![text.as_bytes().to_vec()];
    let under = |rank: &str| text(&format!("{rank}\n{json}"));
    let highest = "9007199254740991";
    vec![
        ("no text", "SET", vec![vec![0xff, 0xfe, 0]]),
        ("no entry", "SET", text("not json")),
        ("another schema", "SET", text("1 1 0\n{\"schema\": 9}")),
        ("half of one", "SET", text(&good[..good.len() / 2])),
        (
            "a good rank over nothing",
            "SET",
            text(&format!("1 {highest} 0\n")),
        ),
        ("one byte too much", "SET", text(&format!("{good}x"))),
        ("far too long", "SET", vec![vec![b'x'; 8 * 1_024 * 1_024]]),
        (
            "of another item",
            "SET",
            text(&item(Uuid::nil(), 9).encode().unwrap()),
        ),
        (
            "a version too high",
            "SET",
            under(&format!("1 {highest} 0")),
        ),
        ("no number", "SET", under("1 inf 0")),
        ("not a number", "SET", under("1 nan 0")),
        ("a hexadecimal number", "SET", under("1 0xffff 0")),
        (
            "a number beyond doubles",
            "SET",
            under("1 99999999999999999999 0"),
        ),
        ("a fraction", "SET", under("1 9.5 0")),
        ("below nothing", "SET", under("1 -1 0")),
        ("a rank with a gap", "SET", under("1  1 0")),
        ("half a rank", "SET", text(rank)),
        ("a list", "RPUSH", text("x")),
        ("a set", "SADD", text("x")),
        (
            "a hash of an earlier version",
            "HSET",
            vec![b"version".to_vec(), b"9".to_vec()],
        ),
        (
            "a stream",
            "XADD",
            vec![b"*".to_vec(), b"f".to_vec(), b"v".to_vec()],
        ),
    ]
}

#[tokio::test]
async fn a_bad_entry_is_an_error_of_its_own_and_gives_way_to_a_put() {
    let Some(mut corner) = Corner::new().await else {
        return;
    };
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    for (what, command, words) in bad_entries(id) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        corner.leave(&key.to_string(), command, &words).await;
        for _ in 0..5 {
            let found = corner.cache.get(&key).await;
            assert!(
                matches!(found, Err(CacheError::Entry(_))),
                "{what}: {found:?}"
            );
        }
        // A rank that is in order is believed: then it has to be removed first.
        if corner.cache.put(&key, &item(id, 1)).await.unwrap() != Put::Stored {
            corner.cache.remove(&key).await.unwrap();
            let put = corner.cache.put(&key, &item(id, 1)).await.unwrap();
            assert_eq!(put, Put::Stored, "{what}");
        }
        let found = corner.cache.get(&key).await.unwrap();
        assert_eq!(found, Some(item(id, 1)), "{what}");
    }
    assert!(corner.circuit_has_not_moved().await);
}

/// A parser's or a server's own words would.
#[tokio::test]
async fn no_error_shows_what_a_key_is_called_or_holds() {
    let Some(mut corner) = Corner::new().await else {
        return;
    };
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    let good = item(id, 1).encode().unwrap();
    let mangled = [
        good.replace("\"quantity\":1", "\"quantity\":\"secret\""),
        good.replace("\"schema\":2", "\"schema\":\"secret\""),
        good.replace("\"item\":", "\"secret\":"),
        good.replace("1 1 0", "secret 1 0"),
        format!("{good}secret"),
        "secret".to_owned(),
    ];
    for text in mangled {
        assert!(text.contains("secret"), "{text}");
        corner
            .leave(&key.to_string(), "SET", &[text.as_bytes()])
            .await;
        let error = corner.cache.get(&key).await.unwrap_err();
        let shown = format!("{error:?} {}", lambda_kit::telemetry::Causes(&error));
        for hidden in ["secret", &id.to_string(), "item:"] {
            assert!(!shown.contains(hidden), "{text}: {shown}");
        }
    }
}

/// What must be written after a write gets there whatever lies in its place.
#[tokio::test]
async fn a_bad_entry_gives_way_where_only_another_entry_would() {
    let Some(mut corner) = Corner::new().await else {
        return;
    };
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    for (command, word) in [("SET", "not json"), ("RPUSH", "x")] {
        corner
            .leave(&key.to_string(), command, &[word.as_bytes()])
            .await;
        let put = corner.cache.put_over_now(&key, &item(id, 1)).await;
        assert_eq!(put.unwrap(), Put::Stored, "{command}");
    }
}

#[tokio::test]
async fn no_more_is_read_than_the_longest_entry_can_have() {
    let Some(mut corner) = Corner::new().await else {
        return;
    };
    let id = Uuid::now_v7();
    let limit = PageLimit::default();
    let page = CacheKey::Page {
        limit,
        cursor: None,
    };
    for key in [CacheKey::Item(id), page] {
        let long = vec![b'x'; key.longest_entry() * 2];
        corner.leave(&key.to_string(), "SET", &[&long]).await;
        let found = corner.cache.get(&key).await.unwrap_err();
        let expected = CacheEntryError::TooLong(key.longest_entry());
        assert!(
            matches!(found, CacheError::Entry(error) if error == expected),
            "{found:?}"
        );
    }
}

/// A clock that is an hour ahead would keep every page of that hour out.
#[tokio::test]
async fn an_entry_from_the_future_gives_way() {
    let Some(corner) = Corner::new().await else {
        return;
    };
    let limit = PageLimit::default();
    let key = CacheKey::Page {
        limit,
        cursor: None,
    };
    let entry = |as_of| CacheEntry {
        content: CacheContent::Page(ItemPage {
            items: Vec::new(),
            next_cursor: None,
        }),
        as_of,
        ..item(Uuid::nil(), 1)
    };
    let minute = Duration::from_mins(1);
    let millisecond = Duration::from_millis(1);
    for (ahead, told) in [(minute, Put::Outdated), (minute + millisecond, Put::Stored)] {
        corner.cache.remove(&key).await.unwrap();
        corner.cache.put(&key, &entry(START + ahead)).await.unwrap();
        let put = corner.cache.put(&key, &entry(START)).await;
        assert_eq!(put.unwrap(), told, "{ahead:?}");
    }
}

#[tokio::test]
async fn what_lies_in_the_place_of_a_lease_and_does_not_end_is_taken_for_none() {
    let Some(mut corner) = Corner::new().await else {
        return;
    };
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    let lease = format!("{key}:lease");
    let long = vec![b'x'; 8 * 1_024 * 1_024];
    let cases: [(&str, Vec<&[u8]>); 6] = [
        ("RPUSH", vec![b"x"]),
        ("HSET", vec![b"f", b"v"]),
        ("SET", vec![b"asking"]),
        ("SET", vec![b"absent"]),
        ("SET", vec![b"absent", b"EX", b"3600"]),
        ("SET", vec![&long]),
    ];
    for (command, words) in cases {
        corner.leave(&lease, command, &words).await;
        let asked = corner.cache.lease(&key, LIFE).await;
        assert_eq!(asked.unwrap(), Lease::Won, "{command}");
    }
    assert!(corner.circuit_has_not_moved().await);
}

#[tokio::test]
async fn a_lease_is_held_by_one_and_says_what_its_owner_found() {
    let Some(corner) = Corner::new().await else {
        return;
    };
    let key = CacheKey::Item(Uuid::now_v7());
    let life = Duration::from_mins(1);
    let lease = || async { corner.cache.lease(&key, life).await.unwrap() };
    assert_eq!(lease().await, Lease::Won);
    assert_eq!(lease().await, Lease::Taken);
    corner.cache.note_absent(&key, life).await.unwrap();
    assert_eq!(lease().await, Lease::Absent);
    corner.cache.end_lease(&key).await.unwrap();
    assert_eq!(lease().await, Lease::Won);
}
