//! Bad input through the whole system: each a clear problem, never a 500.

use serde_json::json;

use crate::stack::{Answer, Stack};

const JSON: (&str, &str) = ("content-type", "application/json");

fn is_problem(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(
        (answer.status, answer.problem()),
        (status, kind),
        "{answer:?}"
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.body["request_id"], answer.header("x-request-id"));
    assert!(
        answer.body["detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty())
    );
}

#[test]
fn each_kind_of_bad_input_has_its_own_problem() {
    let stack = Stack::running();
    let post = |headers, body: &[u8]| stack.send("POST", "/items", headers, body);
    is_problem(
        &post(&[JSON], b"{\"name\": \"bolt\","),
        400,
        "malformed-json",
    );
    is_problem(&post(&[JSON], b"\xff\xfe"), 400, "malformed-json");
    let twice = b"{\"name\": \"bolt\", \"name\": \"nut\", \"quantity\": 1}";
    is_problem(&post(&[JSON], twice), 400, "invalid-item");
    let coded = [JSON, ("content-encoding", "gzip")];
    let answer = post(&coded, b"\x1f\x8b");
    is_problem(&answer, 415, "unsupported-content-encoding");
    assert_eq!(answer.header("accept-encoding"), "identity");
    // The gateway joins them with a comma.
    let keys = [JSON, ("idempotency-key", "a"), ("idempotency-key", "b")];
    let answer = post(&keys, b"{\"name\": \"bolt\", \"quantity\": 1}");
    is_problem(&answer, 400, "invalid-parameter");
    let unknown = json!({"name": "bolt", "quantity": 1, "colour": "red"}).to_string();
    is_problem(&post(&[JSON], unknown.as_bytes()), 400, "invalid-item");
    let long = json!({"name": "x".repeat(10_000), "quantity": 1}).to_string();
    let answer = post(&[JSON], long.as_bytes());
    is_problem(&answer, 400, "invalid-item");
    assert!(
        answer.body["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("10000")
    );
    let text = ("content-type", "text/plain");
    is_problem(&post(&[text], b"bolt"), 415, "unsupported-media-type");
    is_problem(&stack.get("/items/42"), 400, "invalid-parameter");
    is_problem(&stack.get("/items?limit=1000"), 400, "invalid-parameter");
    is_problem(&stack.get("/nowhere"), 404, "unknown-route");
    is_problem(
        &stack.send("PATCH", "/items", &[JSON], b"{}"),
        405,
        "method-not-allowed",
    );
    let nobody = "/items/00000000-0000-7000-8000-000000000000";
    is_problem(&stack.get(nobody), 404, "not-found");
}

#[test]
fn a_body_of_ten_megabytes_is_refused_as_too_large() {
    let stack = Stack::running();
    let answer = stack.send("POST", "/items", &[JSON], &vec![b' '; 10_000_000]);
    assert_eq!(answer.status, 413, "{answer:?}");
}

#[test]
fn a_wrong_order_names_every_mistake_and_changes_nothing() {
    let stack = Stack::running();
    let epoch = stack.circuit()["epoch"].clone();
    let options = json!({"mode": "ajar", "expires_in_s": 0});
    let answer = stack.send_json("PUT", "/circuits/retry/override", &options);
    is_problem(&answer, 400, "invalid-override");
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 3);
    assert_eq!(stack.circuit()["epoch"], epoch);
}
