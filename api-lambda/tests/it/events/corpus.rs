//! Encoded paths that mean, or could be taken to mean, a guarded route.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{answer, bearing, claims, gateway, unguarded};
use crate::watched::Watched;

const ITEM: &str = "00000000-0000-7000-8000-000000000000";

/// The segments of every route that changes something, or tells what operators did.
fn guarded() -> Vec<Vec<String>> {
    let routes = [
        "items",
        &format!("items/{ITEM}"),
        "circuits/retry/override",
        "circuits/retry/trail",
        "faults",
        "faults/database",
    ];
    let segments = |route: &&str| route.split('/').map(str::to_owned).collect();
    routes.iter().map(segments).collect()
}

/// What can stand for the slash between two segments, to one reader or another.
const SLASHES: [&str; 18] = [
    "/",
    "//",
    "\\",
    "%2F",
    "%2f",
    "%5C",
    "%5c",
    "%252F",
    "%255C",
    "/./",
    "/%2e/",
    "/x/../",
    "/x/%2E%2E/",
    "%C0%AF",
    "%E0%80%AF",
    "%EF%BC%8F",
    "%09/",
    "/%00",
];

/// What can stand in front of a path and still lead to it, to one reader or another.
const FRONTS: [&str; 14] = [
    "/",
    "//",
    "///",
    "/\\",
    "/%2F",
    "/%5C",
    "/./",
    "/%2E/",
    "/health/../",
    "/health/..%5C",
    "/items/..%5C",
    "/items/%2E%2E/",
    "/$default/",
    "/dev/",
];

/// What can follow a path without meaning anything, to one reader or another.
const ENDS: [&str; 19] = [
    "",
    "/",
    "//",
    "%2F",
    "%5C",
    "/.",
    "/x/..",
    "%20",
    "%09",
    "%0D%0A",
    "%00",
    "%7F",
    "%3Fx",
    "%23x",
    ";x",
    ".",
    "%C0%AE",
    "%252E",
    "%E2%80%8B",
];

/// Other spellings of a segment.
fn spellings(segment: &str) -> Vec<String> {
    let first = segment.as_bytes()[0];
    vec![
        segment.to_owned(),
        segment.to_uppercase(),
        format!("%{first:02x}{}", &segment[1..]),
        format!("%25{first:02x}{}", &segment[1..]),
        format!("{segment}%00"),
    ]
}

/// Each guarded route in every spelling, the plain one included. Of fronts, slashes and ends,
/// each two meet.
fn corpus() -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for segments in guarded() {
        let path = |front: &str, slash, end| format!("{front}{}{end}", segments.join(slash));
        for slash in SLASHES {
            paths.extend(FRONTS.map(|front| path(front, slash, "")));
            paths.extend(ENDS.map(|end| path("/", slash, end)));
        }
        for front in FRONTS {
            paths.extend(ENDS.map(|end| path(front, "/", end)));
        }
        for place in 0..segments.len() {
            for spelling in spellings(&segments[place]) {
                let mut other = segments.clone();
                other[place] = spelling;
                paths.insert(format!("/{}", other.join("/")));
            }
        }
    }
    paths
}

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// A document that the route would take.
fn body(path: &str) -> Value {
    if path.contains("override") {
        json!({"mode": "force_open", "reason": "mischief", "expires_in_s": 60})
    } else if path.contains("faults") {
        json!({"kind": "hang", "expires_in_s": 60})
    } else {
        json!({"name": "bolt", "quantity": 1})
    }
}

/// Sends the whole corpus as API Gateway passes it on, and then as if there were no guard at
/// all but the function. Nothing behind the function is asked to change anything, or for what
/// operators did.
async fn changes_nothing(token: Option<&Value>) {
    let watched = Watched::with_sign_in();
    let mut seen = 0;
    for path in corpus() {
        for method in METHODS {
            let passed = gateway::pass(method, &path, token);
            let mut alone = unguarded(method, &path);
            if let Some(claims) = token {
                alone = bearing(alone, claims);
            }
            for mut event in passed.into_iter().chain([alone]) {
                event["body"] = json!(body(&path).to_string());
                seen += 1;
                let answer = answer(&watched.routes, &event).await.unwrap();
                let asked = watched.take();
                let path = event["rawPath"].as_str().unwrap();
                if token.is_some() && is_items(path) {
                    continue;
                }
                let public = method == "GET" && path == "/faults";
                assert!(public || asked.is_empty(), "{method} {path} asks {asked:?}");
                assert!(asked.iter().all(|asked| asked == "GetItem"), "{asked:?}");
                assert!(
                    answer.status >= 400,
                    "{method} {path} is answered {answer:?}"
                );
            }
        }
    }
    assert!(seen > 15_000, "the corpus has shrunk to {seen}");
}

/// Whether this is, letter by letter, the path of a route of items.
fn is_items(path: &str) -> bool {
    path == "/items"
        || path
            .strip_prefix("/items/")
            .is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
}

#[tokio::test(start_paused = true)]
async fn without_a_token_no_spelling_of_a_path_changes_anything() {
    changes_nothing(None).await;
}

#[tokio::test(start_paused = true)]
async fn a_user_who_is_no_operator_gets_at_items_and_at_nothing_else() {
    for groups in ["", "[]", "[readers]", "[a,operators]", "[Operators]"] {
        let token = claims(groups);
        for path in ["/circuits/retry/override", "/faults", "/faults/database"] {
            let watched = Watched::with_sign_in();
            for method in ["PUT", "DELETE"] {
                let Some(event) = gateway::pass(method, path, Some(&token)) else {
                    panic!("API Gateway lets through whoever has signed in");
                };
                let answer = answer(&watched.routes, &event).await.unwrap();
                assert_eq!(
                    answer.problem(),
                    "operators-only",
                    "{method} {path} {groups}"
                );
            }
            assert!(watched.take().is_empty());
        }
    }
    changes_nothing(Some(&claims("[readers]"))).await;
}

#[tokio::test(start_paused = true)]
async fn an_operator_gets_through_by_the_plain_path_alone() {
    let token = claims("[operators]");
    let watched = Watched::with_sign_in();
    for (method, path) in [
        ("PUT", "/circuits/retry/override"),
        ("DELETE", "/circuits/retry/override"),
        ("GET", "/circuits/retry/trail"),
        ("PUT", "/faults/database"),
        ("DELETE", "/faults"),
    ] {
        let mut event = gateway::pass(method, path, Some(&token)).unwrap();
        event["body"] = json!(body(path).to_string());
        let answer = answer(&watched.routes, &event).await.unwrap();
        // Behind the function there is nothing, which is how it shows that it was asked.
        assert_eq!(answer.status, 503, "{method} {path}: {answer:?}");
        assert!(!watched.take().is_empty(), "{method} {path}");
        let doubled = format!("/{path}");
        let mut event = gateway::pass(method, &doubled, Some(&token)).unwrap();
        event["body"] = json!(body(path).to_string());
        let answer = super::answer(&watched.routes, &event).await.unwrap();
        assert_eq!(answer.problem(), "unknown-route", "{method} {doubled}");
        assert!(watched.take().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_verified_caller_becomes_the_actor_of_an_override() {
    let watched = Watched::answering_with_nothing();
    let mut event = gateway::pass(
        "PUT",
        "/circuits/retry/override",
        Some(&claims("[operators]")),
    )
    .unwrap();
    let placed =
        json!({"mode": "shadow", "reason": "trial", "display_name": "Ada", "expires_in_s": 60});
    event["body"] = json!(placed.to_string());
    answer(&watched.routes, &event).await.unwrap();
    let sent = watched.sent();
    let written = sent.iter().filter(|body| body.contains("trial"));
    assert!(written.clone().count() > 0, "{sent:?}");
    for body in written {
        assert!(body.contains("7d8f (Ada)"), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_changes_something_without_the_right_is_told_what_is_missing() {
    let watched = Watched::with_sign_in();
    let event = unguarded("PUT", "/faults/database");
    let answered = answer(&watched.routes, &event).await.unwrap();
    let told = (answered.status, answered.problem());
    assert_eq!(told, (401, "sign-in-required"));
    assert_eq!(answered.headers["www-authenticate"], "Bearer");
    let event = bearing(event, &claims("[readers]"));
    let answered = answer(&watched.routes, &event).await.unwrap();
    assert_eq!(
        (answered.status, answered.problem()),
        (403, "operators-only")
    );
    assert!(!answered.headers.contains_key("www-authenticate"));
}

/// Every route that the API describes, for one that is added later.
#[tokio::test(start_paused = true)]
async fn every_change_that_the_api_describes_takes_a_token() {
    let watched = Watched::with_sign_in();
    let document: Value =
        serde_json::from_str(&api_lambda::http::openapi::document().unwrap()).unwrap();
    let mut closed = 0;
    for (template, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let path = template
                .replace("{name}", "retry")
                .replace("{target}", "database")
                .replace("{id}", ITEM);
            let mut event = unguarded(&method.to_uppercase(), &path);
            event["body"] = json!(body(&path).to_string());
            let answer = answer(&watched.routes, &event).await.unwrap();
            let public = method == "get" && !path.starts_with("/items") && !path.ends_with("trail");
            assert_eq!(answer.status != 401, public, "{method} {path}: {answer:?}");
            closed += u32::from(!public);
        }
    }
    assert!(closed >= 11, "{closed}");
}
