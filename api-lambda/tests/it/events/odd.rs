//! What clients and callers send that no route may see.

use api_lambda::event::EventError;
use serde_json::{Map, Value, json};

use super::{Answer, answer, unguarded};
use crate::support::isolated;

async fn refused(event: &Value, status: u16, kind: &str) -> Answer {
    let answer = answer(&isolated(), event).await.unwrap();
    assert_eq!((answer.status, answer.problem()), (status, kind), "{event}");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(
        answer.body["request_id"].as_str().unwrap(),
        answer.headers["x-request-id"]
    );
    answer
}

#[tokio::test]
async fn a_path_that_another_reader_would_read_differently_is_no_route() {
    for raw in [
        "",
        "circuits",
        "//circuits/retry/override",
        "/circuits/retry/override/",
        "/circuits//retry/override",
        "/circuits/./retry/override",
        "/items/../circuits/retry/override",
        "/items/..\\circuits\\retry\\override",
        "/items/..\\faults\\database",
        "/\\circuits/retry/override",
        "/items/.\t./circuits/retry/override",
        "/circuits/re\ntry/override",
        "/circuits/retry/override\0",
        "/circuits/retry/override ",
        "/circuits/retry/override?x",
        "/circuits/retry/override#x",
        "/circuits/retry/override;x",
        "/circuits/%72etry/override",
        "/circuits%2fretry%2foverride",
        "/items/%2e%2e/circuits/retry/override",
        "/circuits/retry\u{ff0f}override",
        "/circuits/r\u{fffd}etry/override",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            refused(&unguarded(method, raw), 404, "unknown-route").await;
        }
    }
}

#[tokio::test]
async fn a_query_of_any_characters_is_read_and_a_long_one_refused() {
    for query in [
        "<", "\"", "a b", "\t", "\u{7f}", "{", "|", "^", "`", "\\", "%", "%zz", "#",
    ] {
        let mut event = unguarded("GET", "/items");
        event["rawQueryString"] = json!(query);
        refused(&event, 400, "invalid-parameter").await;
    }
    for query in ["a".repeat(65_535), "\u{e9}".repeat(3_000)] {
        let mut event = unguarded("GET", "/items");
        event["rawQueryString"] = json!(query);
        refused(&event, 414, "uri-too-long").await;
    }
}

#[tokio::test]
async fn what_the_host_and_its_like_say_decides_nothing() {
    for (name, value) in [
        ("Host", ""),
        ("Host", "a b"),
        ("Host", "<"),
        ("Host", "h:99999"),
        ("Host", "[::1"),
        ("Host", "h/circuits/retry/override?"),
        ("X-Forwarded-Proto", ""),
        ("X-Forwarded-Proto", "ht tp"),
        ("X-Forwarded-Port", "x"),
        ("X-Forwarded-Host", "../.."),
    ] {
        let mut event = unguarded("GET", "/health");
        event["headers"] = json!({name: value});
        let answer = answer(&isolated(), &event).await.unwrap();
        assert_eq!(answer.status, 200, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_named_and_never_left_out() {
    for (name, value) in [
        ("If-Match", "\"1\"\n"),
        ("If-Match", "\u{1}"),
        ("a b", "x"),
        ("", "x"),
    ] {
        let mut event = unguarded("DELETE", "/items/00000000-0000-7000-8000-000000000000");
        event["headers"] = json!({name: value});
        let answer = refused(&event, 400, "invalid-parameter").await;
        assert_eq!(answer.body["errors"][0]["field"], name);
    }
    let mut event = unguarded("GET", "/health");
    let many: Map<_, _> = (0..40_000).map(|n| (format!("h{n}"), json!(""))).collect();
    event["headers"] = many.into();
    refused(&event, 400, "invalid-parameter").await;
}

#[tokio::test]
async fn a_body_that_is_not_the_base64_it_claims_to_be_is_refused() {
    for body in ["!", "a", "/wA", "/wA=\n"] {
        let mut event = unguarded("POST", "/items");
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(true);
        refused(&event, 400, "invalid-parameter").await;
    }
}

#[tokio::test]
async fn the_clients_request_id_comes_back_with_a_refusal_too() {
    let mut event = unguarded("GET", "/nowhere/..");
    event["headers"] = json!({"X-Request-Id": "order-17"});
    let answer = refused(&event, 404, "unknown-route").await;
    assert_eq!(answer.headers["x-request-id"], "order-17");
}

#[tokio::test]
async fn what_is_no_request_of_an_http_api_is_an_invocation_error() {
    let whole = unguarded("GET", "/health");
    let without = |field: &str| {
        let mut event = whole.clone();
        event.as_object_mut().unwrap().remove(field);
        event
    };
    let with = |pointer: &str, value: Value| {
        let mut event = whole.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    for event in [
        Value::Null,
        json!(1),
        json!("GET /health"),
        json!([]),
        json!({}),
        json!({"Records": []}),
        without("version"),
        without("rawPath"),
        without("requestContext"),
        with("/version", json!("1.0")),
        with("/rawPath", Value::Null),
        with("/requestContext", Value::Null),
        with("/requestContext/http/method", json!("GET /")),
        with("/headers", json!({"host": ["a"]})),
        with("/isBase64Encoded", json!("no")),
    ] {
        let error = answer(&isolated(), &event).await.unwrap_err();
        assert_eq!(error, EventError::NotARequest, "{event}");
        assert!(error.to_string().contains("payload format 2.0"));
    }
}

#[tokio::test]
async fn a_route_that_api_gateway_did_not_take_is_not_taken() {
    for (key, status) in [
        ("GET /health", 200),
        ("GET /{proxy+}", 200),
        ("GET /items/{id}", 404),
        ("PUT /health", 404),
        ("", 404),
    ] {
        let mut event = unguarded("GET", "/health");
        event["requestContext"]["routeKey"] = json!(key);
        let answer = answer(&isolated(), &event).await.unwrap();
        assert_eq!(answer.status, status, "{key}");
    }
}
