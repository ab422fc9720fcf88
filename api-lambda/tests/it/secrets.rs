//! What clients and operators write gets into no log, whatever goes wrong with it, and neither
//! does what other services say of it.

use axum::{Router, body::Body, http::Request};
use lambda_kit::testing::{CapturedLogs, InvokeAnswer, LambdaEndpoint};
use serde_json::{Value, json};

use crate::support::{between, isolated, isolated_with_faults, send};

const SECRET: &str = "s3cr3t";
const ID: &str = "0193a5b0-0000-7000-8000-000000000000";

fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", format!("{SECRET}-key"))
        .header("if-match", format!("\"{SECRET}\""))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// Requests with the secret wherever a client or an operator can put one.
fn requests() -> Vec<Request<Body>> {
    let item = json!({"name": SECRET, "description": SECRET, "quantity": 1}).to_string();
    let placed = json!({
        "mode": "force_open", "reason": SECRET, "actor": SECRET, "expires_in_s": 60,
    })
    .to_string();
    let fault = json!({"kind": "error", "expires_in_s": 60}).to_string();
    let (named, listed) = (
        format!("/items/{SECRET}"),
        format!("/items?cursor={SECRET}"),
    );
    let known = format!("/items/{ID}");
    let mut requests = Vec::new();
    for (method, path, body) in [
        ("GET", "/items", ""),
        ("GET", &*listed, ""),
        ("GET", "/items?s3cr3t=s3cr3t", ""),
        ("GET", &*named, ""),
        ("GET", &*known, ""),
        ("DELETE", &*known, ""),
        ("POST", "/items", &*item),
        ("PUT", &*known, &*item),
        ("PUT", &*named, &*item),
        ("POST", "/items", "{\"name\": \"s3cr3t"),
        ("POST", "/items", "{\"s3cr3t\": \"s3cr3t\"}"),
        (
            "POST",
            "/items",
            "{\"name\": \"bolt\", \"quantity\": \"s3cr3t\"}",
        ),
        ("PUT", "/circuits/retry/override", &*placed),
        ("DELETE", "/circuits/retry/override", ""),
        ("PUT", "/circuits/s3cr3t/override", &*placed),
        ("PUT", "/circuits/retry/override", "{\"mode\": \"s3cr3t\"}"),
        ("GET", "/circuits", ""),
        ("GET", "/circuits/retry", ""),
        ("GET", "/circuits/retry/events", ""),
        ("PUT", "/faults/s3cr3t", &*fault),
        ("PUT", "/faults/database", &*fault),
        ("PUT", "/faults/database", "{\"kind\": \"s3cr3t\"}"),
        ("GET", "/faults", ""),
        ("GET", "/s3cr3t", ""),
        ("POST", "/health", "s3cr3t"),
    ] {
        requests.push(request(method, path, body));
    }
    requests
}

/// Sends all requests and gives what was logged.
async fn logged(router: &Router) -> String {
    let (logs, _guard) = CapturedLogs::at("trace");
    let requests = requests();
    let expected = requests.len();
    for request in requests {
        send(router, request).await;
    }
    let logs = logs.text();
    let answered = logs.matches("\"message\":\"answered\"").count();
    assert_eq!(answered, expected, "each request is logged: {logs}");
    assert!(!logs.contains(SECRET), "{logs}");
    logs
}

#[tokio::test]
async fn what_clients_and_operators_write_is_not_logged_when_nothing_answers() {
    logged(&isolated()).await;
    let logs = logged(&isolated_with_faults()).await;
    assert!(logs.contains("no connection"), "{logs}");
}

#[tokio::test]
async fn what_services_say_when_they_refuse_is_not_logged() {
    let message = format!("the value {SECRET} is refused");
    let refusal = json!({"__type": "com.amazonaws#ValidationException", "message": message});
    let refusal =
        InvokeAnswer::error(400, "com.amazonaws#ValidationException").saying(&refusal.to_string());
    let refusing = LambdaEndpoint::always(refusal).await;
    let logs = logged(&between(&refusing.url, &refusing.url)).await;
    assert!(logs.contains("ValidationException"), "{logs}");
}

#[tokio::test]
async fn what_functions_answer_and_tables_hold_is_not_logged_when_it_cannot_be_understood() {
    let fault = json!({"S": json!({"kind": SECRET}).to_string()});
    let item = |phase: Value, mode: Value| {
        json!({"Item": {
            "v": {"N": "2"}, "epoch": {"N": "1"}, "since_ms": {"N": "1"},
            "phase": phase, "override_mode": mode, "override_reason": {"S": SECRET},
            "override_actor": {"S": SECRET}, "override_until_ms": {"N": "1"},
            "database": fault, "cache": fault,
        }})
    };
    let (phase, mode) = (json!({"S": "closed"}), json!({"S": "shadow"}));
    for stored in [
        item(json!({"S": SECRET}), mode.clone()),
        item(phase.clone(), json!({"S": SECRET})),
        item(json!({"N": SECRET}), mode.clone()),
        item(phase, mode),
    ] {
        let table = LambdaEndpoint::always(InvokeAnswer::given(&stored.to_string())).await;
        let reply = json!({"served": SECRET}).to_string();
        let functions = LambdaEndpoint::always(InvokeAnswer::given(&reply)).await;
        let logs = logged(&between(&functions.url, &table.url)).await;
        assert!(logs.contains("stored fault cannot be read"), "{logs}");
        assert!(
            logs.contains("gave a reply that cannot be understood"),
            "{logs}"
        );
    }
    let crash = json!({"errorType": "Crash", "errorMessage": SECRET}).to_string();
    let crash = InvokeAnswer::given(&crash).with("x-amz-function-error", "Unhandled");
    let crashing = LambdaEndpoint::always(crash).await;
    let logs = logged(&between(&crashing.url, "http://127.0.0.1:1")).await;
    assert!(logs.contains("ended without a reply: Crash"), "{logs}");
}
