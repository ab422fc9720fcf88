//! `If-Match` and `If-None-Match` on every route (RFC 9110, section 13).

use axum::{
    body::Body,
    http::{Method, Request, Response as HttpResponse, header},
};
use chrono::DateTime;
use contract::{Body as ReplyBody, Item, Refusal, Reply, Served, Source};
use lambda_kit::testing::LambdaEndpoint;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{behind, isolated_with_faults, send};

const ID: Uuid = Uuid::from_u128(7);

/// An item at version 3.
fn item(source: Source) -> Reply {
    Reply::Served(Served {
        body: ReplyBody::Item(Item {
            id: ID,
            name: "bolt".to_owned(),
            description: String::new(),
            quantity: 1,
            version: 3,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }),
        source,
        as_of: DateTime::UNIX_EPOCH,
        setback: None,
    })
}

fn request(method: Method, path: &str, headers: &[(&'static str, &str)]) -> Request<Body> {
    let draft = json!({"name": "bolt", "quantity": 1}).to_string();
    let mut request = Request::builder().method(method).uri(path);
    request = request.header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(draft)).unwrap()
}

/// What the client is told if the functions reply so, and what they were asked.
async fn asked(
    reply: Reply,
    method: Method,
    headers: &[(&'static str, &str)],
) -> (HttpResponse<()>, Value, Value) {
    let endpoint = LambdaEndpoint::replying(reply).await;
    let sent = request(method, &format!("/items/{ID}"), headers);
    let (response, body) = send(&behind(&endpoint.url), sent).await;
    (response, body, endpoint.events().pop().unwrap())
}

#[tokio::test]
async fn a_write_is_sent_with_the_versions_that_its_conditions_allow() {
    let outdated = Reply::Refused(Refusal::VersionMismatch { current: 3 });
    for (headers, expected) in [
        (&[("If-Match", "\"3\",")][..], json!(3)),
        (&[("If-Match", "\"4\", \"3\" ,, W/\"5\"")], json!([3, 4])),
        (
            &[("If-Match", "\"4\""), ("If-Match", "\"3\"")],
            json!([3, 4]),
        ),
        (&[("If-Match", "W/\"3\"")], json!(0)),
        (&[("If-Match", "")], json!(0)),
        (&[("If-Match", "*")], Value::Null),
        (&[("If-None-Match", "*")], json!(0)),
        (&[("If-None-Match", "W/\"3\"")], json!({"none_of": [3]})),
        (&[("If-None-Match", "\"x\"")], Value::Null),
        (
            &[("If-Match", "\"3\", \"4\""), ("If-None-Match", "\"3\"")],
            json!(4),
        ),
    ] {
        for (method, write) in [(Method::PUT, "replace"), (Method::DELETE, "delete")] {
            let (response, body, event) = asked(outdated.clone(), method, headers).await;
            assert_eq!(response.status(), 412, "{headers:?}");
            assert_eq!(body["type"], "urn:breaker:problem:version-mismatch");
            let sent = &event["command"]["write"]["write"][write]["expected"];
            assert_eq!(*sent, expected, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn a_read_obeys_both_conditions_and_the_first_one_first() {
    for (headers, status) in [
        (&[("If-Match", "\"3\"")][..], 200),
        (&[("If-Match", "\"1\",\"3\",")], 200),
        (&[("If-Match", "*")], 200),
        (&[("If-Match", "\"2\"")], 412),
        (&[("If-Match", "W/\"3\"")], 412),
        (&[("If-Match", "\"2\""), ("If-None-Match", "\"3\"")], 412),
        (&[("If-Match", "\"3\""), ("If-None-Match", "W/\"3\"")], 304),
        (&[("If-None-Match", ",W/\"3\",")], 304),
        (&[("If-None-Match", "")], 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let (response, body, _) = asked(item(Source::Database), method.clone(), headers).await;
            assert_eq!(response.status(), status, "{method} {headers:?}");
            let has_body = method == Method::GET && status != 304;
            assert_eq!(body.is_null(), !has_body);
        }
    }
}

#[tokio::test]
async fn an_item_that_is_not_there_is_not_found_whatever_the_conditions() {
    let gone = Reply::Refused(Refusal::not_found(ID));
    for headers in [
        [("If-Match", "*")],
        [("If-Match", "\"3\"")],
        [("If-None-Match", "*")],
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let (response, ..) = asked(gone.clone(), method, &headers).await;
            assert_eq!(response.status(), 404);
        }
    }
}

#[tokio::test]
async fn a_change_of_what_has_no_tag_is_not_made_on_a_condition_that_needs_one() {
    let placed =
        json!({"mode": "shadow", "reason": "trial", "display_name": "ada", "expires_in_s": 60});
    let fault = json!({"kind": "hang", "expires_in_s": 60});
    let item = json!({"name": "bolt", "quantity": 1});
    for (method, path, document) in [
        (Method::POST, "/items", item),
        (Method::PUT, "/circuits/retry/override", placed),
        (Method::DELETE, "/circuits/retry/override", Value::Null),
        (Method::PUT, "/faults/cache", fault),
        (Method::DELETE, "/faults/cache", Value::Null),
        (Method::DELETE, "/faults", Value::Null),
    ] {
        for (name, value, holds) in [
            ("If-Match", "\"3\"", false),
            ("If-Match", "*", true),
            ("If-None-Match", "*", false),
            ("If-None-Match", "\"3\"", true),
        ] {
            let mut sent = request(method.clone(), path, &[(name, value)]);
            *sent.body_mut() = Body::from(document.to_string());
            let (response, body) = send(&isolated_with_faults(), sent).await;
            // Nothing is behind this API, so that is how far it gets.
            let status = if holds { 503 } else { 412 };
            assert_eq!(response.status(), status, "{method} {path} {name}: {value}");
            if !holds {
                assert_eq!(body["type"], "urn:breaker:problem:precondition-failed");
            }
        }
    }
}
