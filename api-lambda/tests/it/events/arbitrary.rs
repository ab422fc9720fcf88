//! Whatever Lambda delivers is answered: no panic, no 500, each refusal a problem.
//!
//! `PROPTEST_CASES=1000000` sends a million.

use api_lambda::event::EventError;
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Map, Value, json};

use super::{Answer, answer, bearing, claims, unguarded};
use crate::watched::Watched;

/// How many events are sent, unless the environment says otherwise.
const CASES: u32 = 1_024;

/// How many if there is time.
const MANY_CASES: u32 = 16_384;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,20}", "[\u{0}-\u{7f}]{0,20}"]
}

fn method() -> impl Strategy<Value = String> {
    let known = select(&["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"][..]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[!-~]{0,8}", 1 => text()]
}

fn path() -> impl Strategy<Value = String> {
    let known = select(
        &[
            "items",
            "circuits",
            "retry",
            "events",
            "trail",
            "override",
            "faults",
            "database",
            "health",
            "openapi.json",
            "dev",
            "00000000-0000-7000-8000-000000000000",
        ][..],
    );
    let odd = select(&["", ".", "..", "..\\", "%2e", "\u{0}", "\u{e9}", " "][..]);
    let segment = prop_oneof![
        12 => known.prop_map(str::to_owned),
        1 => odd.prop_map(str::to_owned),
        1 => text(),
    ];
    let plain = vec(segment, 0..4).prop_map(|segments| format!("/{}", segments.join("/")));
    prop_oneof![9 => plain, 1 => text()]
}

fn query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        3 => select(&["limit", "cursor", "since"][..]).prop_map(str::to_owned),
        1 => text(),
    ];
    let value = prop_oneof![any::<i32>().prop_map(|number| number.to_string()), text()];
    let pairs = vec(
        (name, value).prop_map(|(name, value)| format!("{name}={value}")),
        0..3,
    );
    let long = (0_usize..70_000).prop_map(|length| "a".repeat(length));
    prop_oneof![20 => pairs.prop_map(|pairs| pairs.join("&")), 10 => text(), 1 => long]
}

fn headers() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        6 => select(
            &[
                "host", "Host", "content-type", "if-match", "if-none-match", "idempotency-key",
                "x-request-id", "x-forwarded-proto", "x-forwarded-port", "content-encoding",
                "content-length", "authorization",
            ][..],
        )
        .prop_map(str::to_owned),
        1 => text(),
    ];
    let value = prop_oneof![
        3 => select(&["application/json", "\"3\"", "*", "W/\"1\"", "https", "gzip", "Bearer x"][..])
            .prop_map(str::to_owned),
        1 => text(),
    ];
    btree_map(name, value.prop_map(Value::from), 0..5).prop_map(|map| map.into_iter().collect())
}

fn body() -> impl Strategy<Value = Option<String>> {
    let item = (text(), any::<i64>())
        .prop_map(|(name, quantity)| json!({"name": name, "quantity": quantity}).to_string());
    let placed = (text(), any::<u64>()).prop_map(|(reason, seconds)| {
        json!({"mode": "shadow", "reason": reason, "expires_in_s": seconds}).to_string()
    });
    let fault = any::<u64>()
        .prop_map(|seconds| json!({"kind": "hang", "expires_in_s": seconds}).to_string());
    option::of(prop_oneof![text(), item, placed, fault])
}

fn token() -> impl Strategy<Value = Option<Value>> {
    let groups = prop_oneof![
        select(&["[operators]", "[readers]", "[]"][..]).prop_map(str::to_owned),
        text(),
    ];
    option::of(groups.prop_map(|groups| claims(&groups)))
}

/// An event that API Gateway could send, if clients sent whatever they liked.
fn event() -> impl Strategy<Value = Value> {
    let stage = select(&["$default", "dev", ""][..]);
    let key = prop_oneof![4 => Just("$default".to_owned()), 1 => text()];
    let about = (method(), path(), query(), headers(), body(), any::<bool>());
    (about, token(), stage, key).prop_map(|(about, token, stage, key)| {
        let (method, path, query, headers, body, encoded) = about;
        let mut event = unguarded(&method, &path);
        event["rawQueryString"] = json!(query);
        event["headers"] = headers.into();
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(encoded);
        event["requestContext"]["stage"] = json!(stage);
        event["requestContext"]["routeKey"] = json!(key);
        match token {
            Some(token) => bearing(event, &token),
            None => event,
        }
    })
}

/// Any JSON value, to put where an event has something else.
fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
        vec(text(), 0..3).prop_map(Value::from),
        Just(json!({})),
    ]
}

/// An event of which one field, at any depth, is something else or gone.
fn mangled() -> impl Strategy<Value = Value> {
    (event(), any::<Index>(), option::of(anything())).prop_map(|(mut event, which, with)| {
        let pointers = pointers(&event);
        let pointer = which.get(&pointers);
        match with {
            Some(value) => *event.pointer_mut(pointer).unwrap() = value,
            None => remove(&mut event, pointer),
        }
        event
    })
}

fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    if let Some(fields) = value.as_object() {
        for (name, field) in fields {
            let name = name.replace('~', "~0").replace('/', "~1");
            found.extend(
                pointers(field)
                    .into_iter()
                    .map(|rest| format!("/{name}{rest}")),
            );
        }
    }
    found
}

fn remove(event: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let parent = event.pointer_mut(parent).and_then(Value::as_object_mut);
    parent.unwrap().remove(&name);
}

fn is_problem(answer: &Answer) -> bool {
    answer
        .headers
        .get("content-type")
        .is_some_and(|kind| kind == "application/problem+json")
        && answer.body["status"] == answer.status
}

#[test]
fn whatever_lambda_delivers_is_answered_and_every_refusal_is_a_problem() {
    // Pauses between attempts pass at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let watched = runtime.block_on(async { Watched::with_sign_in() });
    let thorough = std::env::var_os("THOROUGH").is_some_and(|value| !value.is_empty());
    let usual = if thorough { MANY_CASES } else { CASES };
    let cases = std::env::var("PROPTEST_CASES").ok();
    let config = ProptestConfig {
        cases: cases.map_or(usual, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    };
    let events = prop_oneof![8 => event(), 2 => mangled()];
    proptest!(config, |(event in events)| {
        let head = event["requestContext"]["http"]["method"] == "HEAD";
        match runtime.block_on(answer(&watched.routes, &event)) {
            Ok(answer) => {
                let status = answer.status;
                prop_assert!((200..600).contains(&status) && status != 500, "{:?}", answer);
                prop_assert!(status < 400 || head || is_problem(&answer), "{:?}", answer);
            }
            Err(error) => prop_assert_eq!(error, EventError::NotARequest),
        }
        let asked = watched.take();
        let groups = event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"].as_str();
        let may_be_operator = groups.is_some_and(|groups| groups.contains("operators"));
        let safe = event["requestContext"]["http"]["method"].as_str()
            .is_none_or(|method| ["", "GET", "HEAD"].contains(&method));
        let path = event["rawPath"].as_str().unwrap_or_default();
        if !safe && !may_be_operator && !path.contains("items") {
            prop_assert!(asked.is_empty(), "{:?}", asked);
        }
    });
}
