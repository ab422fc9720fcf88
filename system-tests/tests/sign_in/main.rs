//! Who may do what in the stage `dev`, as API Gateway and the API Lambda decide together.
//!
//! `cargo xtask test` deploys the stage into the running stack's emulator and runs these.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod cognito;
mod dev;
mod paths;

use serde_json::{Value, json};

use crate::dev::{Answer, Dev};

fn options() -> Value {
    json!({"mode": "force_open", "reason": "mischief", "display_name": "mallory", "expires_in_s": 600})
}

fn document_for(path: &str) -> Value {
    if path.contains("fault") {
        json!({"kind": "error", "expires_in_s": 60})
    } else {
        options()
    }
}

/// Every change of every guarded route, plainly asked for.
const CHANGES: [(&str, &str); 5] = [
    ("PUT", "/circuits/retry/override"),
    ("DELETE", "/circuits/retry/override"),
    ("PUT", "/faults/database"),
    ("DELETE", "/faults/database"),
    ("DELETE", "/faults"),
];

#[test]
fn without_a_token_no_spelling_of_a_path_changes_anything() {
    let dev = Dev::deployed();
    let before = dev.table();
    let mut reached = 0;
    for path in paths::corpus() {
        for method in ["PUT", "DELETE"] {
            let answer = dev.send(method, &path, None, &document_for(&path));
            assert!(
                (400..500).contains(&answer.status),
                "{method} {path}: {answer:?}"
            );
            reached += u32::from(answer.is_the_functions());
        }
    }
    assert!(
        reached > 50,
        "API Gateway alone refused nearly everything: {reached}"
    );
    assert_eq!(dev.table(), before);
}

#[test]
fn without_a_token_the_trail_is_not_read_by_any_spelling_of_its_path() {
    let dev = Dev::deployed();
    for path in paths::of("circuits/retry/trail") {
        let answer = dev.send("GET", &path, None, &Value::Null);
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
    }
}

#[test]
fn a_token_that_is_none_of_this_pools_access_tokens_is_refused() {
    let dev = Dev::deployed();
    let operator = dev.user(&["operators"]);
    let (signed, _) = operator.access_token.rsplit_once('.').unwrap();
    for (token, status) in [
        (operator.id_token.as_str(), 403),
        ("", 401),
        ("x.y.z", 401),
        (&format!("{signed}.AAAA"), 401),
    ] {
        for (method, path) in CHANGES {
            let answer = dev.send(method, path, Some(token), &document_for(path));
            assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
            assert!(!answer.is_the_functions());
        }
    }
}

#[test]
fn a_user_who_is_no_operator_changes_nothing_and_reads_no_trail() {
    let dev = Dev::deployed();
    let before = dev.table();
    let user = dev.user(&[]).access_token;
    let refused = |answer: Answer| {
        let told = (answer.status, answer.problem().to_owned());
        assert_eq!(told, (403, "operators-only".to_owned()), "{answer:?}");
    };
    for (method, path) in CHANGES {
        refused(dev.send(method, path, Some(&user), &document_for(path)));
    }
    refused(dev.send("GET", "/circuits/retry/trail", Some(&user), &Value::Null));
    for path in paths::corpus() {
        let answer = dev.send("PUT", &path, Some(&user), &document_for(&path));
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
    }
    assert_eq!(dev.table(), before);
}

#[test]
fn an_operator_stands_in_the_trail_by_the_token_and_the_public_is_not_told() {
    let dev = Dev::deployed();
    let operator = dev.user(&["operators"]);
    let subject = operator.subject;
    let token = Some(operator.access_token.as_str());
    let since = dev.epoch();

    let placed = dev.send("PUT", "/circuits/retry/override", token, &options());
    assert_eq!(placed.status, 200, "{placed:?}");
    let actor = format!("{subject} (mallory)");
    assert_eq!(placed.body["override"]["actor"], actor);

    let public = dev.get("/circuits/retry");
    assert_eq!(public.body["override"]["mode"], "force_open");
    for (pointer, what) in [
        ("/override/actor", "actor"),
        ("/override/reason", "reason"),
        ("/cause", "cause"),
    ] {
        assert_eq!(public.body.pointer(pointer), Some(&Value::Null), "{what}");
    }

    let withdrawn = dev.send("DELETE", "/circuits/retry/override", token, &Value::Null);
    assert_eq!(withdrawn.status, 204, "{withdrawn:?}");
    let path = |route| format!("/circuits/retry/{route}?since={since}");
    let trail = dev.send("GET", &path("trail"), token, &Value::Null);
    let told = |answer: &Answer, field: &str| -> Vec<Value> {
        let events = answer.body["events"].as_array().unwrap();
        events.iter().map(|event| event[field].clone()).collect()
    };
    assert_eq!(told(&trail, "actor"), [json!(actor), json!(subject)]);
    assert_eq!(
        told(&trail, "reason"),
        [json!("mischief"), json!("the override was withdrawn")]
    );
    let events = dev.get(&path("events"));
    for field in ["actor", "reason"] {
        assert_eq!(told(&events, field), [Value::Null, Value::Null]);
    }
    assert_eq!(told(&events, "to"), told(&trail, "to"));
}

#[test]
fn an_operator_injects_faults_and_ends_them() {
    let dev = Dev::deployed();
    let token = dev.user(&["operators"]).access_token;
    let fault = document_for("fault");
    let put = dev.send("PUT", "/faults/fallback", Some(&token), &fault);
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(put.body["faults"]["fallback"]["kind"], "error");
    let ended = dev.send("DELETE", "/faults", Some(&token), &Value::Null);
    assert_eq!(ended.status, 204, "{ended:?}");
}
