//! The states of a real server in which it refuses, and what is made of each.

use std::time::Duration;

use contract::{CacheKey, Incarnation};
use lambda_kit::{
    cache::{CacheError, Failure, Put},
    circuit::Circuit,
    testing::{Trouble, TroubledCache, server},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use uuid::Uuid;

use crate::cache::{APART, admin, cache, circuit_by, circuit_clock, item};

/// How many calls in a row that fail open a circuit.
const ENOUGH: u32 = 5;

/// The code that a server in trouble refuses with.
fn code(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::NoMemory => "OOM",
        Trouble::NoReplicas => "NOREPLICAS",
        Trouble::ReadOnly => "READONLY",
        Trouble::SnapshotFailed => "MISCONF",
        Trouble::ReadersOnly | Trouble::Forbidden => "NOPERM",
        Trouble::PasswordWanted => "NOAUTH",
        Trouble::PrimaryLost => "MASTERDOWN",
        Trouble::Busy => "BUSY",
        Trouble::Loading => "LOADING",
        // It hangs up with these words, before it is asked anything.
        Trouble::Full => "MAXCLIENTS",
    }
}

fn refusal(error: &CacheError) -> Option<String> {
    match error {
        CacheError::Failed(Failure::Refused(code) | Failure::TurnedAway(code)) => {
            Some(code.to_string())
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_server_that_refuses_everything_opens_the_circuit_and_says_why() {
    let Some(mut server) = TroubledCache::in_turn().await else {
        return;
    };
    for trouble in Trouble::OF_EVERYTHING {
        let clock = circuit_clock();
        let circuit = circuit_by(&clock);
        let unguarded = cache(&server.url);
        let key = CacheKey::Item(Uuid::now_v7());
        // A connection is there already, as in daily life.
        unguarded.get(&key).await.unwrap();
        let cache = unguarded.behind(circuit.clone());
        server.make(trouble).await;
        for _ in 0..ENOUGH {
            assert_eq!(circuit.open_until(), None, "{trouble:?}: each counts once");
            clock.advance(APART);
            let error = cache.get(&key).await.unwrap_err();
            // A connection that is ended before its first answer has no code.
            let said = refusal(&error);
            let expected = Some(code(trouble).to_owned());
            assert!(
                said == expected || trouble == Trouble::Full,
                "{trouble:?}: {error:?}"
            );
        }
        assert!(circuit.open_until().is_some(), "{trouble:?}");
        server.heal().await;
    }
}

#[tokio::test]
async fn a_server_that_refuses_writes_fails_and_still_answers_reads() {
    let Some(mut server) = TroubledCache::in_turn().await else {
        return;
    };
    for trouble in Trouble::OF_WRITES {
        let clock = circuit_clock();
        let circuit = circuit_by(&clock);
        let unguarded = cache(&server.url);
        let cache = unguarded.clone().behind(circuit.clone());
        let id = Uuid::now_v7();
        let key = CacheKey::Item(id);
        cache.put(&key, &item(id, 1)).await.unwrap();
        server.make(trouble).await;
        assert_eq!(
            cache.get(&key).await.unwrap(),
            Some(item(id, 1)),
            "{trouble:?}"
        );
        let life = Duration::from_secs(1);
        for refused in [
            cache.put(&key, &item(id, 2)).await.err(),
            cache.lease(&key, life).await.err(),
            cache.note_absent(&key, life).await.err(),
            cache.announce(Incarnation::numbered(2)).await.err(),
        ] {
            let error = refused.unwrap_or_else(|| panic!("{trouble:?} takes writes"));
            assert_eq!(refusal(&error).as_deref(), Some(code(trouble)), "{error:?}");
            assert!(!error.is_about_the_command(), "{trouble:?}: {error:?}");
        }
        server.heal().await;
    }
}

#[tokio::test]
async fn what_cannot_be_replaced_is_removed_where_the_server_takes_removals() {
    let Some(mut server) = TroubledCache::in_turn().await else {
        return;
    };
    for trouble in Trouble::OF_WRITES {
        let cache = cache(&server.url);
        let id = Uuid::now_v7();
        let key = CacheKey::Item(id);
        cache.put(&key, &item(id, 1)).await.unwrap();
        server.make(trouble).await;
        let put = cache.put_now(&key, &item(id, 2)).await;
        let found = cache.get(&key).await.unwrap();
        if trouble == Trouble::NoMemory {
            assert_eq!((put.unwrap(), found), (Put::Removed, None));
        } else {
            // The server keeps what it has, and whoever reads it has to know by its age.
            assert!(put.is_err(), "{trouble:?}");
            assert_eq!(found, Some(item(id, 1)), "{trouble:?}");
        }
        server.heal().await;
    }
}

/// The commands that a function sends are permitted one by one; a script that may
/// not send one has no code for that.
#[tokio::test]
async fn what_a_user_may_not_do_is_noperm_inside_a_script_too() {
    let Some(url) = server("TEST_CACHE_URL") else {
        return;
    };
    let user = format!("reader-{}", Uuid::now_v7());
    let words = ["SETUSER", &user, "on", ">secret", "~*", "+@all", "-set"];
    let mut admin = admin(&url).await;
    redis::cmd("ACL")
        .arg(&words)
        .exec_async(&mut admin)
        .await
        .unwrap();
    let address = url.trim_start_matches("redis://");
    let cache = cache(&format!("redis://{user}:secret@{address}"));
    let id = Uuid::now_v7();
    let key = CacheKey::Item(id);
    let error = cache.put(&key, &item(id, 1)).await.unwrap_err();
    assert_eq!(refusal(&error).as_deref(), Some("NOPERM"), "{error:?}");
}

/// What a standalone server never says, and what none says yet.
#[tokio::test]
async fn whatever_a_server_answers_everything_with_opens_the_circuit() {
    for answer in [
        "-CLUSTERDOWN The cluster is down",
        "-TRYAGAIN Multiple keys request during rehashing of slot",
        "-MOVED 3999 127.0.0.1:6381",
        "-ASK 3999 127.0.0.1:6381",
        "-ANYTHINGNEW item:secret",
        "-lower case item:secret",
        "HTTP/1.1 400 item:secret",
    ] {
        let clock = circuit_clock();
        let circuit = circuit_by(&clock);
        let cache = cache(&answers_everything(answer).await).behind(circuit.clone());
        let key = CacheKey::Item(Uuid::now_v7());
        for _ in 0..ENOUGH {
            assert_eq!(circuit.open_until(), None, "{answer}: each counts once");
            clock.advance(APART);
            let error = cache.get(&key).await.unwrap_err();
            let shown = format!("{error:?} {}", lambda_kit::telemetry::Causes(&error));
            assert!(!shown.contains("secret"), "{shown}");
        }
        assert!(circuit.open_until().is_some(), "{answer}");
    }
}

/// A server that has one answer to every command.
async fn answers_everything(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let answer = format!("{answer}\r\n");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = [0; 4_096];
                while let Ok(count @ 1..) = client.read(&mut asked).await {
                    // Each command is an array, and nothing else here begins with `*`.
                    let commands = asked[..count].split(|byte| *byte == b'*').count() - 1;
                    let answers = answer.repeat(commands);
                    if client.write_all(answers.as_bytes()).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    url
}
