//! HTTP through the gateway: what it does to requests and answers is part of the API.

use serde_json::Value;

use crate::stack::{Stack, draft};

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn head_answers_as_get_does_without_a_body() {
    let stack = Stack::running();
    let item = stack.create_item();
    for (path, status) in [
        (item.as_str(), 200),
        ("/items?limit=1", 200),
        ("/circuits", 200),
        ("/circuits/retry", 200),
        ("/circuits/retry/events", 200),
        ("/faults", 200),
        ("/health", 200),
        ("/openapi.json", 200),
        ("/circuits/nope", 404),
        ("/items/42", 400),
        ("/nowhere", 404),
    ] {
        let get = stack.get(path);
        let head = stack.send("HEAD", path, &[], b"");
        assert_eq!((get.status, head.status), (status, status), "{path}");
        assert_eq!(head.body, Value::Null, "{path}");
        for name in ["content-type", "cache-control", "etag"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        for answer in [get, head] {
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        }
    }
}

#[test]
fn conditions_arrive_as_they_were_sent() {
    let stack = Stack::running();
    let item = stack.create_item();
    let replacement = draft("nut").to_string();
    let replace = |headers: &[(&str, &str)]| {
        let headers = [&[JSON], headers].concat();
        let answer = stack.send("PUT", &item, &headers, replacement.as_bytes());
        answer.status
    };
    assert_eq!(replace(&[("if-match", "W/\"1\"")]), 412);
    assert_eq!(replace(&[("if-match", "\"7\", \"8\"")]), 412);
    assert_eq!(replace(&[("if-none-match", "*")]), 412);
    assert_eq!(replace(&[("if-match", "\"1\",")]), 200);
    // The gateway joins them to one list.
    assert_eq!(
        replace(&[("if-match", "\"1\""), ("if-match", "\"2\"")]),
        200
    );
    let read = |headers: &[(&str, &str)]| stack.send("GET", &item, headers, b"").status;
    assert_eq!(read(&[("if-none-match", "W/\"3\"")]), 304);
    assert_eq!(read(&[("if-match", "\"2\"")]), 412);
}
