//! What is told of the circuits while their table is in trouble.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::{
    stand_in::{StandIn, error},
    support::{isolated, send, storing},
};

const NAMES: [&str; 4] = ["retry", "fallback", "database", "cache"];

async fn list(table: StandIn) -> (StatusCode, Value) {
    let request = Request::get("/circuits").body(Body::empty()).unwrap();
    let (response, body) = send(&storing(table), request).await;
    (response.status(), body)
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|circuit| circuit["name"].as_str().unwrap())
        .collect()
}

/// Whether a request to the table is about this circuit.
fn is_about(request: &Value, circuit: &str) -> bool {
    request["Key"]["pk"]["S"] == circuit
}

#[tokio::test]
async fn the_circuits_are_read_at_the_same_time() {
    // Nobody is answered before all four have asked.
    let all = Arc::new(Barrier::new(NAMES.len()));
    let table = StandIn::new(move |_| {
        let all = Arc::clone(&all);
        async move {
            all.wait().await;
            (200, json!({}))
        }
    });
    let (status, body) = list(table).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(names(&body["circuits"]), NAMES);
    assert_eq!(body["unavailable"], json!([]));
}

#[tokio::test]
async fn those_that_can_be_read_are_shown_beside_those_that_cannot() {
    for lost in NAMES {
        let table = StandIn::new(move |request| {
            std::future::ready(if is_about(&request, lost) {
                error(400, "ProvisionedThroughputExceededException")
            } else {
                (200, json!({}))
            })
        });
        let (status, body) = list(table).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(names(&body["unavailable"]), [lost]);
        let detail = body["unavailable"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("capacity"), "{detail}");
        let others: Vec<&str> = NAMES.into_iter().filter(|name| *name != lost).collect();
        assert_eq!(names(&body["circuits"]), others);
    }
}

#[tokio::test]
async fn without_any_there_is_no_list() {
    let request = Request::get("/circuits").body(Body::empty()).unwrap();
    let (response, body) = send(&isolated(), request).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["type"], "urn:breaker:problem:service-unavailable");
}
