//! Bad input gets a clear problem, whatever state the rest is in.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};

use crate::support::{isolated, send};

/// A request as a careless client sends it.
pub(crate) fn request(method: Method, uri: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(uri)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

/// Sends it and expects a problem of this kind.
pub(crate) async fn problem(request: Request<Body>, status: u16, kind: &str) -> Value {
    let (response, body) = send(&isolated(), request).await;
    assert_eq!(response.status().as_u16(), status, "{body}");
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    assert_eq!(body["type"], format!("urn:breaker:problem:{kind}"));
    assert_eq!(body["status"], status);
    assert_eq!(
        body["request_id"].as_str().unwrap(),
        response.headers()["x-request-id"]
    );
    body
}

pub(crate) fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn malformed_json_says_where() {
    let body = problem(
        request(Method::POST, "/items", "{\"name\": "),
        400,
        "malformed-json",
    )
    .await;
    assert!(
        body["detail"].as_str().unwrap().contains("line 1"),
        "{body}"
    );
}

#[tokio::test]
async fn every_mistake_in_an_item_is_named() {
    let document = json!({"name": "x".repeat(10_000), "quantity": -1, "colour": "red"});
    let sent = request(Method::POST, "/items", document.to_string());
    let body = problem(sent, 400, "invalid-item").await;
    assert_eq!(fields(&body), ["name", "quantity", "colour"]);
    let detail = body["detail"].as_str().unwrap();
    assert!(
        detail.contains("name has 10000 characters; at most 200 are allowed"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_too_large() {
    let sent = request(Method::POST, "/items", vec![b' '; 10_000_000]);
    problem(sent, 413, "payload-too-large").await;
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let mut sent = request(Method::POST, "/items", "name=bolt");
    let form = "application/x-www-form-urlencoded".parse().unwrap();
    sent.headers_mut().insert(header::CONTENT_TYPE, form);
    problem(sent, 415, "unsupported-media-type").await;
}

#[tokio::test]
async fn an_id_that_is_no_uuid_is_refused() {
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = problem(request(method, "/items/42", "{}"), 400, "invalid-parameter").await;
        assert_eq!(fields(&body), ["id"]);
    }
}

#[tokio::test]
async fn an_id_in_another_form_than_ours_is_refused() {
    for id in [
        "%7B0192f0c1-7a3b-7def-8123-456789abcdef%7D",
        "urn:uuid:0192f0c1-7a3b-7def-8123-456789abcdef",
        "0192f0c17a3b7def8123456789abcdef",
        "0192F0C1-7A3B-7DEF-8123-456789ABCDEF",
    ] {
        let sent = request(Method::GET, &format!("/items/{id}"), "");
        let body = problem(sent, 400, "invalid-parameter").await;
        assert_eq!(fields(&body), ["id"], "{id}");
    }
}

#[tokio::test]
async fn every_wrong_query_parameter_is_named() {
    let uri = "/items?limit=0&cursor=x&page=2&limit=5";
    let body = problem(request(Method::GET, uri, ""), 400, "invalid-parameter").await;
    assert_eq!(fields(&body), ["page", "limit", "cursor"]);
}

#[tokio::test]
async fn a_number_in_another_form_than_plain_digits_is_refused() {
    for limit in ["%2B5", "05", "5.0", "5e0", "%205", ""] {
        let sent = request(Method::GET, &format!("/items?limit={limit}"), "");
        let body = problem(sent, 400, "invalid-parameter").await;
        assert_eq!(fields(&body), ["limit"], "{limit}");
    }
}

#[tokio::test]
async fn an_epoch_beyond_what_the_description_allows_is_refused() {
    for since in ["-1", "x", "1.0", "9223372036854775808", "%2B1", "01", ""] {
        let uri = format!("/circuits/retry/events?since={since}");
        let body = problem(request(Method::GET, &uri, ""), 400, "invalid-parameter").await;
        assert_eq!(fields(&body), ["since"]);
    }
}

#[tokio::test]
async fn headers_that_make_no_sense_are_named() {
    let uri = "/items/00000000-0000-0000-0000-000000000000";
    for (name, value) in [
        ("If-Match", "3"),
        ("If-Match", "*, \"3\""),
        ("If-None-Match", "3"),
        ("Idempotency-Key", "a b"),
        ("Idempotency-Key", ""),
        // API Gateway joins the values of repeated headers with commas.
        ("Idempotency-Key", "a,b"),
        ("Idempotency-Key", "a, b"),
    ] {
        let mut sent = request(Method::PUT, uri, "{}");
        sent.headers_mut().insert(name, value.parse().unwrap());
        let body = problem(sent, 400, "invalid-parameter").await;
        assert_eq!(fields(&body), [name]);
    }
}

#[tokio::test]
async fn mistakes_in_the_path_and_in_headers_are_named_together() {
    let mut sent = request(Method::DELETE, "/items/42", "");
    let key = "k".repeat(256);
    for (name, value) in [("If-Match", "3"), ("Idempotency-Key", &key)] {
        sent.headers_mut().insert(name, value.parse().unwrap());
    }
    let body = problem(sent, 400, "invalid-parameter").await;
    assert_eq!(fields(&body), ["id", "If-Match", "Idempotency-Key"]);

    let mut sent = request(Method::GET, "/items/42", "");
    sent.headers_mut()
        .insert("If-None-Match", "3".parse().unwrap());
    let body = problem(sent, 400, "invalid-parameter").await;
    assert_eq!(fields(&body), ["id", "If-None-Match"]);
}

#[tokio::test]
async fn a_key_given_twice_is_refused() {
    let mut sent = request(Method::POST, "/items", "{}");
    for key in ["a", "b"] {
        sent.headers_mut()
            .append("Idempotency-Key", key.parse().unwrap());
    }
    let body = problem(sent, 400, "invalid-parameter").await;
    assert_eq!(fields(&body), ["Idempotency-Key"]);
}

#[tokio::test]
async fn no_problem_is_stored_and_a_refused_type_comes_with_the_accepted_one() {
    let mut sent = request(Method::POST, "/items", "name=bolt");
    sent.headers_mut().remove(header::CONTENT_TYPE);
    let (response, _) = send(&isolated(), sent).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(response.headers()[header::ACCEPT], "application/json");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_path_that_cannot_be_decoded_is_refused() {
    problem(
        request(Method::GET, "/items/%ff%fe", ""),
        400,
        "invalid-parameter",
    )
    .await;
}

#[tokio::test]
async fn unknown_routes_and_methods_are_told_apart() {
    problem(request(Method::GET, "/nowhere", ""), 404, "unknown-route").await;
    let wrong = request(Method::PATCH, "/items", "");
    problem(wrong, 405, "method-not-allowed").await;
    let (response, _) = send(&isolated(), request(Method::PATCH, "/items", "")).await;
    let allowed = response.headers()[header::ALLOW]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        allowed.contains("GET") && allowed.contains("POST"),
        "{allowed}"
    );
}

#[tokio::test]
async fn an_unknown_circuit_is_not_found() {
    let body = problem(request(Method::GET, "/circuits/nope", ""), 404, "not-found").await;
    assert!(body["detail"].as_str().unwrap().contains("retry"));
}

#[tokio::test]
async fn with_everything_gone_a_request_is_unavailable_and_says_when_to_come_back() {
    let id = "/items/00000000-0000-0000-0000-000000000000";
    let body = problem(request(Method::GET, id, ""), 503, "service-unavailable").await;
    assert!(body["retry_after_s"].as_u64().unwrap() >= 1);
    let attempts = body["attempts"].as_array().unwrap();
    let told = |attempt: &Value| format!("{} {}", attempt["target"], attempt["outcome"]);
    let told: Vec<String> = attempts.iter().map(told).collect();
    assert_eq!(told.last().unwrap(), "\"fallback\" \"error\"");
    assert!(
        told.len() > 2,
        "it was tried again before the fallback was asked: {told:?}"
    );
    let document = json!({"name": "bolt", "quantity": 1}).to_string();
    let (response, body) = send(&isolated(), request(Method::POST, "/items", document)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let timing = response.headers()["server-timing"].to_str().unwrap();
    let attempts = body["attempts"].as_array().unwrap().len();
    assert_eq!(timing.matches("retry;dur=").count(), attempts);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    // The write is in doubt, so the client learns the key that repeats it.
    assert!(response.headers().contains_key("idempotency-key"));
}

#[tokio::test]
async fn the_clients_request_id_comes_back_unless_it_is_unfit_for_logs() {
    for (sent, comes_back) in [("order-17", true), ("a\tb", false)] {
        let mut asked = request(Method::GET, "/health", "");
        asked
            .headers_mut()
            .insert("x-request-id", sent.parse().unwrap());
        let (response, _) = send(&isolated(), asked).await;
        assert_eq!(response.headers()["x-request-id"] == sent, comes_back);
    }
}
