//! What the headers of an answer say about it.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, Response as HttpResponse, header},
};
use chrono::{DateTime, TimeDelta};
use contract::{
    Attempt, AttemptOutcome, Body as ReplyBody, Cursor, Dependency, Item, ItemPage, Refusal, Reply,
    Response, Served, Setback, Source, Target, Unavailable,
};
use lambda_kit::{
    clock::{Clock, SystemClock},
    testing::LambdaEndpoint,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{behind, send};

const ID: Uuid = Uuid::from_u128(7);

fn item() -> Item {
    Item {
        id: ID,
        name: "bolt".to_owned(),
        description: String::new(),
        quantity: 1,
        version: 3,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn served(body: ReplyBody, source: Source) -> Reply {
    let as_of = SystemClock.now() - TimeDelta::seconds(90);
    Reply::Served(Served {
        body,
        source,
        as_of,
        setback: None,
    })
}

fn item_from(source: Source) -> Reply {
    served(ReplyBody::Item(item()), source)
}

/// What the function asked in turn.
fn inner_attempts() -> Vec<Attempt> {
    vec![
        Attempt::made_of(Target::Cache, AttemptOutcome::Miss, 0, 0, Vec::new()),
        Attempt::made_of(Target::Database, AttemptOutcome::Ok, 0, 0, Vec::new()),
    ]
}

/// What the client is told if the functions reply so, and what they were asked.
async fn told(
    reply: &Reply,
    method: Method,
    headers: &[(&'static str, &'static str)],
) -> (HttpResponse<()>, Value, Value) {
    let response = Response {
        reply: reply.clone(),
        attempts: inner_attempts(),
    };
    let endpoint = LambdaEndpoint::replying(response).await;
    let uri = match (&method, reply) {
        (&Method::POST, _) => "/items".to_owned(),
        (
            _,
            Reply::Served(Served {
                body: ReplyBody::Page(_),
                ..
            }),
        ) => "/items?limit=2".to_owned(),
        _ => format!("/items/{ID}"),
    };
    let mut request = Request::builder().method(method).uri(uri);
    request = request.header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let draft = json!({"name": "bolt", "quantity": 1}).to_string();
    let request = request.body(Body::from(draft)).unwrap();
    let (response, body) = send(&behind(&endpoint.url), request).await;
    (response, body, endpoint.events().pop().unwrap())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_answer_says_which_cache_knew_it_and_how_old_it_is() {
    for (source, status, aged) in [
        (Source::Database, "elasticache; fwd=miss", false),
        (Source::Cache, "elasticache; hit", true),
        (
            Source::Fallback,
            "elasticache; fwd=stale; detail=stale-if-error",
            true,
        ),
    ] {
        let (response, _, _) = told(&item_from(source), Method::GET, &[]).await;
        let headers = response.headers();
        assert_eq!(text(headers, "cache-status"), status);
        assert_eq!(text(headers, "etag"), "\"3\"");
        assert_eq!(text(headers, "cache-control"), "no-store");
        let age: Option<u64> = text(headers, "age").parse().ok();
        assert_eq!(age.is_some_and(|age| (90..100).contains(&age)), aged);
    }
    let (response, _, _) = told(&item_from(Source::Database), Method::PUT, &[]).await;
    let status = text(response.headers(), "cache-status");
    assert_eq!(status, "elasticache; fwd=method");
}

#[tokio::test]
async fn the_time_of_every_attempt_is_told() {
    let (response, body, _) = told(&item_from(Source::Cache), Method::GET, &[]).await;
    let timing = text(response.headers(), "server-timing");
    let attempts = body["served"]["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(timing.matches("retry;dur=").count(), attempts.len());
    assert!(timing.contains("total;dur="), "{timing}");
}

#[tokio::test]
async fn what_the_function_asked_in_turn_is_told_within_its_attempt() {
    let (response, body, _) = told(&item_from(Source::Database), Method::GET, &[]).await;
    let attempt = &body["served"]["attempts"][0];
    let (began, took) = (ms(&attempt["started_ms"]), ms(&attempt["duration_ms"]));
    let inner = attempt["attempts"].as_array().unwrap();
    let told: Vec<_> = inner
        .iter()
        .map(|inner| (inner["target"].clone(), inner["outcome"].clone()))
        .collect();
    let expected = [
        (json!("cache"), json!("miss")),
        (json!("database"), json!("ok")),
    ];
    assert_eq!(told, expected);
    for inner in inner {
        let began_within = ms(&inner["started_ms"]);
        assert!((began..=began + took).contains(&began_within), "{attempt}");
    }
    let timing = text(response.headers(), "server-timing");
    assert!(timing.contains("cache;dur=0, database;dur=0"), "{timing}");
}

fn ms(told: &Value) -> u64 {
    told.as_u64().unwrap()
}

#[tokio::test]
async fn a_version_that_the_client_has_is_confirmed_without_a_body() {
    let known = [("If-None-Match", "\"2\", W/\"3\"")];
    for source in [Source::Database, Source::Cache] {
        let (response, body, _) = told(&item_from(source), Method::GET, &known).await;
        assert_eq!(response.status(), 304);
        assert_eq!(body, Value::Null);
        let headers = response.headers();
        assert_eq!(text(headers, "etag"), "\"3\"");
        assert!(headers.contains_key("cache-status"));
        assert!(!headers.contains_key(header::CONTENT_TYPE));
    }
    let outdated = [("If-None-Match", "\"2\"")];
    let (response, _, _) = told(&item_from(Source::Cache), Method::GET, &outdated).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn second_best_never_confirms_what_the_client_has() {
    let known = [("If-None-Match", "\"3\"")];
    let (response, body, _) = told(&item_from(Source::Fallback), Method::GET, &known).await;
    assert_eq!(response.status(), 200);
    assert_eq!(body["served"]["degraded"], true);
}

#[tokio::test]
async fn second_best_never_says_that_the_client_expects_a_wrong_version() {
    let until = SystemClock.now() + TimeDelta::seconds(40);
    for (setback, seconds) in [(None, 1..=1), (Some(Setback::Open { until }), 20..=40)] {
        let reply = Reply::Served(Served {
            body: ReplyBody::Item(item()),
            source: Source::Fallback,
            as_of: SystemClock.now(),
            setback,
        });
        for tag in ["\"4\"", "W/\"3\"", "\"x\""] {
            for method in [Method::GET, Method::HEAD] {
                let headers = [("If-Match", tag)];
                let (response, body, _) = told(&reply, method.clone(), &headers).await;
                assert_eq!(response.status(), 503, "{method} {tag}");
                let headers = response.headers();
                let told: u64 = text(headers, "retry-after").parse().unwrap();
                assert!(seconds.contains(&told), "{told} s");
                assert!(text(headers, "server-timing").contains("retry;dur="));
                assert!(!headers.contains_key(header::ETAG));
                if method == Method::GET {
                    assert_eq!(body["type"], "urn:breaker:problem:service-unavailable");
                    assert_eq!(body["attempts"].as_array().unwrap().len(), 1);
                }
            }
        }
        let known = [("If-Match", "\"3\"")];
        let (response, body, _) = told(&reply, Method::GET, &known).await;
        assert_eq!(response.status(), 200);
        assert_eq!(body["served"]["degraded"], true);
    }
}

#[tokio::test]
async fn an_expected_version_is_handed_on_and_a_foreign_tag_as_one_that_never_is() {
    let outdated = Reply::Refused(Refusal::VersionMismatch { current: 3 });
    for (tag, expected) in [("\"2\"", json!(2)), ("\"x\"", json!(0)), ("*", Value::Null)] {
        for (method, write) in [(Method::PUT, "replace"), (Method::DELETE, "delete")] {
            let headers = [("If-Match", tag)];
            let (response, body, event) = told(&outdated, method, &headers).await;
            assert_eq!(response.status(), 412);
            assert_eq!(body["type"], "urn:breaker:problem:version-mismatch");
            assert_eq!(
                event["command"]["write"]["write"][write]["expected"],
                expected
            );
        }
    }
}

#[tokio::test]
async fn every_answer_to_a_write_names_its_key() {
    let gone = served(ReplyBody::Deleted { id: ID }, Source::Database);
    let reused = Reply::Refused(Refusal::IdempotencyKeyReused);
    for (reply, method, status) in [
        (item_from(Source::Database), Method::POST, 201),
        (item_from(Source::Database), Method::PUT, 200),
        (gone, Method::DELETE, 204),
        (reused, Method::POST, 422),
    ] {
        let of_client = [("Idempotency-Key", "order-17")];
        for headers in [of_client.as_slice(), &[]] {
            let (response, _, event) = told(&reply, method.clone(), headers).await;
            assert_eq!(response.status(), status);
            let key = text(response.headers(), "idempotency-key");
            assert_eq!(event["command"]["write"]["idempotency_key"], key);
            assert_eq!(key == "order-17", !headers.is_empty());
        }
    }
}

#[tokio::test]
async fn a_repetition_of_what_is_still_under_way_is_told_when_to_come_back() {
    let reply = Reply::Refused(Refusal::StillUnderWay);
    let (response, body, event) = told(&reply, Method::POST, &[]).await;
    assert_eq!(response.status(), 409);
    assert_eq!(body["type"], "urn:breaker:problem:still-under-way");
    let headers = response.headers();
    assert_eq!(text(headers, "retry-after"), "1");
    let key = &event["command"]["write"]["idempotency_key"];
    assert_eq!(key, text(headers, "idempotency-key"));
}

/// By that alone: the circuit around the functions is closed.
#[tokio::test]
async fn who_meets_the_databases_open_circuit_is_told_when_to_come_back() {
    // An override may last for longer than anybody should wait.
    for (open_for, seconds) in [(40, 20..=40), (3_600, 60..=60)] {
        for method in [Method::GET, Method::POST] {
            let until = SystemClock.now() + TimeDelta::seconds(open_for);
            let reply = Reply::Unavailable(Unavailable {
                dependency: Dependency::Database,
                reason: "its circuit is open".to_owned(),
                setback: Some(Setback::Open { until }),
                unchanged: false,
            });
            let (response, _, _) = told(&reply, method, &[]).await;
            assert_eq!(response.status(), 503);
            let told: u64 = text(response.headers(), "retry-after").parse().unwrap();
            assert!(seconds.contains(&told), "{told} s of {open_for}");
        }
    }
}

#[tokio::test]
async fn a_page_links_to_the_next_one_unless_it_is_the_last() {
    for next_cursor in [Some(Cursor { after: ID }), None] {
        let page = ItemPage {
            items: vec![item()],
            next_cursor,
        };
        let reply = served(ReplyBody::Page(page), Source::Cache);
        let (response, body, _) = told(&reply, Method::GET, &[]).await;
        let link = next_cursor.map_or(String::new(), |cursor| {
            assert_eq!(body["data"]["next_cursor"], cursor.to_string());
            format!("</items?limit=2&cursor={cursor}>; rel=\"next\"")
        });
        assert_eq!(text(response.headers(), "link"), link);
    }
}

#[tokio::test]
async fn a_page_that_the_database_knew_went_past_the_cache() {
    for (source, status) in [
        (Source::Database, "elasticache; fwd=bypass"),
        (
            Source::Fallback,
            "elasticache; fwd=stale; detail=stale-if-error",
        ),
    ] {
        let page = ItemPage {
            items: vec![item()],
            next_cursor: None,
        };
        let reply = served(ReplyBody::Page(page), source);
        let (response, _, _) = told(&reply, Method::GET, &[]).await;
        assert_eq!(text(response.headers(), "cache-status"), status);
    }
}
