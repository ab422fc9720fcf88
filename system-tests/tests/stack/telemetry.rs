//! What operators find in CloudWatch, and what must not be there.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::stack::{Stack, wait_until};

/// Waits until a log line that has `text` in it is as it should be.
fn wait_for_line(stack: &Stack, what: &str, text: &str, is_it: impl Fn(&Value) -> bool) {
    wait_until(what, || stack.logged(text).iter().any(&is_it));
}

#[test]
fn a_request_is_found_by_its_id_in_the_logs_of_every_function_it_passed() {
    let stack = Stack::running();
    let id = Uuid::now_v7().to_string();
    let secret = format!("nobody logs {id}");
    let headers = [
        ("content-type", "application/json"),
        ("x-request-id", id.as_str()),
    ];
    let draft = json!({"name": secret, "quantity": 1}).to_string();
    stack.put_fault("database", json!({"kind": "error"}));
    let write = stack.send("POST", "/items", &headers, draft.as_bytes());
    assert_eq!(write.header("x-request-id"), id);
    wait_for_line(
        &stack,
        "the API Lambda tells what it answered",
        &id,
        |line| line["message"] == "answered" && line["span"]["route"] == "/items",
    );
    wait_for_line(&stack, "the Retry Lambda tells of the fault", &id, |line| {
        line["message"] == "fault injected" && line["span"]["name"] == "items"
    });
    assert_eq!(
        stack.logged(&secret),
        Vec::<Value>::new(),
        "no payload is logged"
    );
    stack.heal();
}

#[test]
fn metrics_are_written_as_log_lines_with_few_dimensions() {
    let stack = Stack::running();
    let path = stack.create_item();
    assert_eq!(stack.get(&path).status, 200);
    for (function, metric, unit) in [
        ("api", "AttemptsAdmitted", "Count"),
        ("api", "AttemptsPerRequest", "Count"),
        ("api", "StoreTime", "Milliseconds"),
        ("retry", "CacheHits", "Count"),
    ] {
        let what = format!("{function} tells {metric}");
        wait_for_line(&stack, &what, metric, |line| {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            let metrics = directive["Metrics"].as_array().cloned().unwrap_or_default();
            let has = |told: &Value| told["Name"] == metric && told["Unit"] == unit;
            line["Function"] == function
                && line["Stage"] == "local"
                && directive["Namespace"] == "CircuitBreaker"
                && directive["Dimensions"] == json!([["Stage", "Function"]])
                && metrics.iter().any(has)
                && !line[metric].is_null()
        });
    }
}
