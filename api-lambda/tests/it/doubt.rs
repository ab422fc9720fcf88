//! A change that was certainly not made is said so, and one in doubt is said to be in doubt.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::Body,
    http::{Request, header},
};
use contract::{Dependency, Reply, Response, Setback, Unavailable};
use lambda_kit::testing::LambdaEndpoint;
use serde_json::{Value, json};

use crate::{
    stand_in::{Answer, StandIn, error},
    support::{behind, invoking, isolated, send, storing},
};

fn request(method: &str, path: &str, document: &Value) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(document.to_string()))
        .unwrap()
}

fn creation() -> Request<Body> {
    request("POST", "/items", &json!({"name": "bolt", "quantity": 1}))
}

fn unavailable(dependency: Dependency, setback: Option<Setback>, unchanged: bool) -> Response {
    Response::from(Reply::Unavailable(Unavailable {
        dependency,
        reason: String::new(),
        setback,
        unchanged,
    }))
}

fn says(problem: &Value, change: &str) {
    assert_eq!(problem["change"], change, "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    let words = match change {
        "not_made" => "changed nothing",
        _ => "may or may not have been made",
    };
    assert!(detail.contains(words), "{detail}");
}

#[tokio::test]
async fn a_write_that_lambda_refused_changed_nothing_and_one_that_lambda_lost_is_in_doubt() {
    for (answer, change) in [
        (error(429, "TooManyRequestsException"), "not_made"),
        (error(404, "ResourceNotFoundException"), "not_made"),
        (error(403, "AccessDeniedException"), "not_made"),
        (error(500, "ServiceException"), "unknown"),
        ((200, json!("no reply at all")), "unknown"),
    ] {
        let (response, body) = send(&invoking(StandIn::always(answer)), creation()).await;
        assert_eq!(response.status(), 503);
        says(&body, change);
        assert!(response.headers().contains_key("idempotency-key"));
    }
}

#[tokio::test]
async fn what_the_retry_lambda_vouches_for_is_passed_on() {
    let failed = Some(Setback::Failed { open_until: None });
    for (dependency, setback, status) in [
        (Dependency::Database, failed, 503),
        (Dependency::Database, Some(Setback::Recovering), 503),
        (Dependency::Time, None, 504),
    ] {
        for unchanged in [true, false] {
            let endpoint =
                LambdaEndpoint::replying(unavailable(dependency, setback, unchanged)).await;
            let (response, body) = send(&behind(&endpoint.url), creation()).await;
            assert_eq!(response.status(), status);
            let certain = unchanged || setback == Some(Setback::Recovering);
            says(&body, if certain { "not_made" } else { "unknown" });
        }
    }
}

#[tokio::test]
async fn one_attempt_in_doubt_leaves_the_change_in_doubt() {
    let replies = std::sync::Mutex::new(vec![
        error(429, "TooManyRequestsException"),
        error(500, "ServiceException"),
    ]);
    let service = StandIn::new(move |_| {
        let next = replies.lock().unwrap().pop();
        std::future::ready(next.unwrap_or_else(|| error(429, "TooManyRequestsException")))
    });
    let (_, body) = send(&invoking(service), creation()).await;
    assert!(body["attempts"].as_array().unwrap().len() > 1, "{body}");
    says(&body, "unknown");
}

#[tokio::test]
async fn a_read_has_no_change_to_speak_of() {
    let (_, body) = send(&isolated(), request("GET", "/items", &Value::Null)).await;
    assert_eq!(body["change"], Value::Null);
}

/// The table answers each request to write so, and knows nothing.
fn table(write: Answer) -> StandIn {
    StandIn::new(move |request| {
        let reads = request.get("ConsistentRead").is_some();
        std::future::ready(if reads {
            (200, json!({}))
        } else {
            write.clone()
        })
    })
}

#[tokio::test]
async fn overrides_and_faults_say_what_became_of_them_too() {
    let placed =
        json!({"mode": "shadow", "reason": "trial", "display_name": "ada", "expires_in_s": 60});
    let fault = json!({"kind": "hang", "expires_in_s": 60});
    for (answer, change) in [
        (error(400, "ThrottlingException"), "not_made"),
        (error(400, "AccessDeniedException"), "not_made"),
        (error(500, "InternalServerError"), "unknown"),
    ] {
        for (method, path, document) in [
            ("PUT", "/circuits/retry/override", &placed),
            ("PUT", "/faults/cache", &fault),
            ("DELETE", "/faults", &Value::Null),
        ] {
            let router = storing(table(answer.clone()));
            let (response, body) = send(&router, request(method, path, document)).await;
            assert_eq!(response.status(), 503, "{method} {path}: {body}");
            assert_eq!(body["change"], change, "{method} {path}: {body}");
            let detail = body["detail"].as_str().unwrap();
            let certain = detail.contains("Nothing was changed.");
            assert_eq!(certain, change == "not_made", "{detail}");
        }
    }
}

#[tokio::test]
async fn an_override_without_an_answer_stays_in_doubt_when_it_cannot_be_looked_for() {
    let written = Arc::new(AtomicBool::new(false));
    let table = StandIn::new(move |request| {
        let reads = request.get("ConsistentRead").is_some();
        std::future::ready(match (reads, written.load(Ordering::Relaxed)) {
            (true, false) => (200, json!({})),
            (true, true) => error(400, "ThrottlingException"),
            (false, _) => {
                written.store(true, Ordering::Relaxed);
                error(500, "InternalServerError")
            }
        })
    });
    let placed =
        json!({"mode": "shadow", "reason": "trial", "display_name": "ada", "expires_in_s": 60});
    let sent = request("PUT", "/circuits/retry/override", &placed);
    let (_, body) = send(&storing(table), sent).await;
    assert_eq!(body["change"], "unknown", "{body}");
}

#[tokio::test]
async fn an_override_that_could_not_even_be_looked_for_was_not_withdrawn() {
    let gone = StandIn::always(error(500, "InternalServerError"));
    let path = "/circuits/retry/override";
    let (_, body) = send(&storing(gone), request("DELETE", path, &Value::Null)).await;
    assert_eq!(body["change"], "not_made", "{body}");
}
