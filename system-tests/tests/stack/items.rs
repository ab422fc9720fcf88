//! Items through API Gateway, the API Lambda and the Retry Lambda.

use serde_json::json;
use uuid::Uuid;

use crate::stack::{Stack, draft, wait_until};

#[test]
fn an_item_is_created_read_replaced_and_deleted() {
    let stack = Stack::running();
    let created = stack.send_json("POST", "/items", &draft("bolt"));
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.header("etag"), "\"1\"");
    assert_eq!(created.source(), "database");
    assert_eq!(created.asked_in_turn(), ["database ok", "cache ok"]);
    let path = format!("/items/{}", created.body["data"]["id"].as_str().unwrap());
    assert_eq!(created.header("location"), path);

    let read = stack.get(&path);
    assert_eq!(
        (read.status, &read.body["data"]),
        (200, &created.body["data"])
    );

    let change = json!({"name": "nut", "quantity": 7});
    let replaced = stack.send_json("PUT", &path, &change);
    assert_eq!(replaced.status, 200, "{replaced:?}");
    assert_eq!(replaced.body["data"]["version"], 2);
    let read = stack.get(&path);
    assert_eq!(
        read.body["data"], replaced.body["data"],
        "a read after a write shows it"
    );

    let deleted = stack.send("DELETE", &path, &[], b"");
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(stack.get(&path).problem(), "not-found");
}

#[test]
fn a_second_read_comes_from_the_cache_and_says_so() {
    let stack = Stack::running();
    let path = stack.create_item();
    // An entry is fresh for a second here; a slow machine may take longer
    // between two reads now and then.
    let mut read = stack.get(&path);
    wait_until("a read is answered by an entry that is still fresh", || {
        read = stack.get(&path);
        read.source() == "cache"
    });
    assert_eq!(read.body["served"]["degraded"], false);
    assert!(read.header("cache-status").contains("hit"));
    assert!(read.header("age").parse::<u64>().is_ok());
    assert_eq!(read.outcomes("retry"), ["ok"]);
    assert_eq!(read.asked_in_turn(), ["cache ok"]);
}

#[test]
fn pages_follow_one_another_without_gaps_or_repeats() {
    let stack = Stack::running();
    let made: Vec<String> = (0..5).map(|_| stack.create_item()).collect();
    let mut seen = Vec::new();
    let mut next = String::from("/items?limit=2");
    while seen.len() < made.len() {
        let page = stack.get(&next);
        assert_eq!(page.status, 200, "{page:?}");
        for item in page.body["data"]["items"].as_array().unwrap() {
            seen.push(format!("/items/{}", item["id"].as_str().unwrap()));
        }
        let cursor = page.body["data"]["next_cursor"]
            .as_str()
            .expect("there is more");
        next = format!("/items?limit=2&cursor={cursor}");
    }
    let newest_first: Vec<&String> = made.iter().rev().collect();
    assert_eq!(
        seen.iter().take(made.len()).collect::<Vec<_>>(),
        newest_first
    );
}

#[test]
fn an_outdated_etag_changes_nothing() {
    let stack = Stack::running();
    let path = stack.create_item();
    stack.send_json("PUT", &path, &draft("first"));
    let json = ("content-type", "application/json");
    let body = draft("second").to_string();
    let outdated = stack.send(
        "PUT",
        &path,
        &[json, ("if-match", "\"1\"")],
        body.as_bytes(),
    );
    assert_eq!(
        (outdated.status, outdated.problem()),
        (412, "version-mismatch")
    );
    assert_eq!(stack.get(&path).body["data"]["name"], "first");
    let current = stack.send(
        "PUT",
        &path,
        &[json, ("if-match", "\"2\"")],
        body.as_bytes(),
    );
    assert_eq!(current.status, 200, "{current:?}");
}

#[test]
fn a_repeated_key_has_one_effect_and_another_body_is_refused() {
    let stack = Stack::running();
    let key = Uuid::now_v7().to_string();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key.as_str()),
    ];
    let create = |name: &str| {
        let body = draft(name).to_string();
        stack.send("POST", "/items", &headers, body.as_bytes())
    };
    let (first, again) = (create("bolt"), create("bolt"));
    assert_eq!((first.status, again.status), (201, 201), "{again:?}");
    assert_eq!(first.body["data"], again.body["data"]);
    let other = create("nut");
    assert_eq!(
        (other.status, other.problem()),
        (422, "idempotency-key-reused")
    );
}

#[test]
fn health_and_the_description_are_served() {
    let stack = Stack::running();
    assert_eq!(
        stack.get("/health").body,
        json!({"status": "ok", "stage": "local"})
    );
    assert_eq!(stack.get("/openapi.json").body["openapi"], "3.1.0");
}
