//! What clients are told when Lambda has no capacity, or does not run a function.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, header},
};
use lambda_kit::testing::{InvokeAnswer, LambdaEndpoint};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{behind, isolated, send};

fn request(method: Method) -> Request<Body> {
    let uri = match method {
        Method::POST => "/items".to_owned(),
        _ => format!("/items/{}", Uuid::nil()),
    };
    let draft = json!({"name": "bolt", "quantity": 1}).to_string();
    let request = Request::builder().method(method).uri(uri);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(draft)).unwrap()
}

/// What the client is told if Lambda answers so to every invocation.
async fn told(answer: InvokeAnswer, method: Method) -> (HeaderMap, Value) {
    let endpoint = LambdaEndpoint::always(answer).await;
    let (response, body) = send(&behind(&endpoint.url), request(method)).await;
    assert_eq!(response.status(), 503, "{body}");
    assert_eq!(body["type"], "urn:breaker:problem:service-unavailable");
    (response.headers().clone(), body)
}

const WRITES: [Method; 3] = [Method::POST, Method::PUT, Method::DELETE];

fn says_nothing_was_changed(body: &Value) -> bool {
    body["detail"].as_str().unwrap().contains("changed nothing")
}

#[tokio::test]
async fn a_throttled_write_is_said_to_have_changed_nothing_and_when_to_come_back() {
    // Longer than the request may take, so that no retry waits for it.
    for (retry_after, seconds) in [("11", "11"), ("60", "60"), ("86400", "60")] {
        for method in WRITES {
            let throttled = InvokeAnswer::throttled("CallerRateLimitExceeded", Some(retry_after));
            let (headers, body) = told(throttled, method).await;
            assert_eq!(headers["retry-after"], seconds);
            assert!(says_nothing_was_changed(&body), "{body}");
            assert!(headers.contains_key("idempotency-key"));
        }
    }
}

#[tokio::test]
async fn a_throttled_read_with_a_throttled_fallback_is_told_when_to_come_back() {
    let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
    let throttled = InvokeAnswer::throttled(reason, Some("20"));
    let (headers, body) = told(throttled, Method::GET).await;
    assert_eq!(headers["retry-after"], "20");
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.contains("under way"), "{detail}");
    assert!(!detail.contains(reason), "{detail}");
    let tried: Vec<&Value> = body["attempts"].as_array().unwrap().iter().collect();
    assert_eq!(tried.len(), 2, "{body}");
}

#[tokio::test]
async fn a_write_that_lambda_did_not_carry_out_for_another_reason_is_told_the_same() {
    for (status, code) in [
        (404, "ResourceNotFoundException"),
        (403, "AccessDeniedException"),
        (413, "RequestTooLargeException"),
        (502, "KMSDisabledException"),
    ] {
        let (_, body) = told(InvokeAnswer::error(status, code), Method::POST).await;
        assert!(says_nothing_was_changed(&body), "{code}: {body}");
    }
    for method in WRITES {
        let (response, body) = send(&isolated(), request(method)).await;
        assert_eq!(response.status(), 503);
        assert!(says_nothing_was_changed(&body), "no connection: {body}");
    }
}

#[tokio::test]
async fn a_write_that_lambda_may_have_carried_out_is_in_doubt() {
    for (status, code) in [
        (500, "ServiceException"),
        (410, "EFSIOException"),
        (502, "New"),
    ] {
        let (_, body) = told(InvokeAnswer::error(status, code), Method::POST).await;
        assert!(!says_nothing_was_changed(&body), "{code}: {body}");
        assert!(body["detail"].as_str().unwrap().contains("may or may not"));
    }
}
