//! Who may inject faults, and what is said to those who ask for the impossible.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};

use crate::support::{isolated, isolated_with_faults, send};

async fn ask(router: &Router, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let (response, body) = send(router, request).await;
    (response.status(), body)
}

fn hang() -> Value {
    json!({"kind": "hang", "expires_in_s": 60})
}

#[tokio::test]
async fn where_the_stage_refuses_faults_nobody_gets_any() {
    let router = isolated();
    for (method, path) in [
        ("PUT", "/faults/database"),
        ("DELETE", "/faults/database"),
        ("DELETE", "/faults"),
    ] {
        let (status, problem) = ask(&router, method, path, &hang()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(problem["type"], "urn:breaker:problem:faults-refused");
    }
    let (status, list) = ask(&router, "GET", "/faults", &Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(list, json!({"allowed": false, "faults": {}}));
}

#[tokio::test]
async fn an_unknown_target_is_told_those_that_there_are() {
    for method in ["PUT", "DELETE"] {
        let router = isolated_with_faults();
        let (status, problem) = ask(&router, method, "/faults/moon", &hang()).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("database, cache, retry, fallback, store"));
    }
}

#[tokio::test]
async fn every_mistake_in_a_fault_is_named_at_once() {
    let fault = json!({"kind": "latency", "rate": 2, "expires_in_s": 0});
    let (status, problem) = ask(&isolated_with_faults(), "PUT", "/faults/cache", &fault).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["latency_ms", "rate", "expires_in_s"]);
}

#[tokio::test]
async fn without_the_table_nobody_is_told_that_a_fault_is_in_force() {
    let router = isolated_with_faults();
    for (method, path) in [
        ("GET", "/faults"),
        ("PUT", "/faults/store"),
        ("DELETE", "/faults"),
    ] {
        let (status, problem) = ask(&router, method, path, &hang()).await;
        assert_eq!(
            status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{method} {path}: {problem}"
        );
    }
}
