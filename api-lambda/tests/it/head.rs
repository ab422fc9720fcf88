//! `HEAD` works where `GET` does, and every answer says how it may be kept and read.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, header},
};
use serde_json::{Value, json};

use crate::{
    stand_in::StandIn,
    support::{isolated, send, storing},
};

/// Paths that answer 200, 400, 404 and 503 when nothing but the circuits' table is there.
const PATHS: [(&str, u16); 10] = [
    ("/health", 200),
    ("/openapi.json", 200),
    ("/circuits", 200),
    ("/circuits/retry", 200),
    ("/circuits/retry/events?since=x", 400),
    ("/circuits/nope", 404),
    ("/faults", 200),
    ("/nowhere", 404),
    ("/items", 503),
    ("/items/42", 400),
];

fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn head_answers_as_get_does_without_a_body() {
    let router = storing(StandIn::always((200, json!({}))));
    for (path, status) in PATHS {
        let (get, body) = send(&router, request(Method::GET, path)).await;
        assert_eq!(get.status(), status, "{path}: {body}");
        assert_ne!(body, Value::Null);
        let (head, body) = send(&router, request(Method::HEAD, path)).await;
        assert_eq!(head.status(), status, "{path}");
        assert_eq!(body, Value::Null, "{path}");
        let same = [
            header::CONTENT_TYPE,
            header::CACHE_CONTROL,
            header::CONTENT_LENGTH,
        ];
        // How long to wait, and what was tried, differ from one failure to the next.
        let comparable = if status == 503 { 2 } else { 3 };
        for name in &same[..comparable] {
            assert_eq!(head.headers().get(name), get.headers().get(name), "{path}");
        }
        let waits = |headers: &HeaderMap| headers.contains_key(header::RETRY_AFTER);
        assert_eq!(waits(head.headers()), waits(get.headers()), "{path}");
    }
}

#[tokio::test]
async fn where_there_is_no_get_there_is_no_head() {
    for path in ["/circuits/retry/override", "/faults/cache"] {
        let (response, body) = send(&isolated(), request(Method::HEAD, path)).await;
        assert_eq!(response.status(), 405, "{path}");
        assert_eq!(body, Value::Null);
    }
}

#[tokio::test]
async fn no_answer_may_be_taken_for_another_type_and_none_but_the_description_is_kept() {
    let router = storing(StandIn::always((200, json!({}))));
    for (path, _) in PATHS {
        for method in [Method::GET, Method::HEAD, Method::PATCH] {
            let (response, _) = send(&router, request(method.clone(), path)).await;
            let headers = response.headers();
            assert_eq!(
                headers["x-content-type-options"], "nosniff",
                "{method} {path}"
            );
            let described = path == "/openapi.json" && method != Method::PATCH;
            let policy = if described {
                "public, max-age=300"
            } else {
                "no-store"
            };
            assert_eq!(headers["cache-control"], policy, "{method} {path}");
            // API Gateway answers browsers of other origins with a header that others lack.
            let varies = headers.get("vary").map(|vary| vary.to_str().unwrap());
            assert_eq!(varies, described.then_some("origin"), "{method} {path}");
        }
    }
}
