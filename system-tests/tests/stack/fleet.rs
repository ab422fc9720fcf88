//! One circuit for all execution environments, kept in DynamoDB.

use std::{collections::HashMap, thread};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::stack::{Answer, Stack, Victim, draft, wait_until};

/// Enough at once that one environment cannot serve them all.
const AT_ONCE: usize = 8;

/// Sends the same read many times at once.
fn burst(stack: &Stack, path: &str) -> Vec<Answer> {
    thread::scope(|scope| {
        let reads: Vec<_> = (0..AT_ONCE)
            .map(|_| scope.spawn(|| stack.get(path)))
            .collect();
        reads.into_iter().map(|read| read.join().unwrap()).collect()
    })
}

fn state_items(stack: &Stack) -> Vec<HashMap<String, AttributeValue>> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scan = stack
        .dynamodb()
        .scan()
        .table_name(stack.circuits_table())
        .send();
    let items = runtime.block_on(scan).unwrap().items.unwrap_or_default();
    let of_retry = |item: &HashMap<_, _>| item["pk"] == AttributeValue::S("retry".to_owned());
    let is_state = |item: &HashMap<_, _>| {
        of_retry(item) && item["sk"] == AttributeValue::S("state".to_owned())
    };
    items.into_iter().filter(is_state).collect()
}

#[test]
fn the_circuit_is_one_item_that_at_least_two_environments_obey() {
    let stack = Stack::running();
    let path = stack.create_item();
    wait_until(
        "load brings up a second environment of the API Lambda",
        || {
            burst(&stack, &path);
            stack.api_environments() >= 2
        },
    );

    Stack::kill(Victim::Database);
    // One environment meets the failures and opens the circuit …
    wait_until("the circuit is open", || {
        stack.send_json("POST", "/items", &draft("lost"));
        stack.circuit()["state"] == "open"
    });
    // … the others learn of it beside the first call they make …
    let opened = stack.circuit()["opened_at"].clone();
    burst(&stack, &path);
    // … and from then on nobody calls the Retry Lambda any more, but for a probe
    // once a second.
    wait_until("nobody calls the Retry Lambda", || {
        let answers = burst(&stack, &path);
        for answer in &answers {
            let served = (answer.status, answer.source());
            assert_eq!(served, (200, "fallback"), "{answer:?}");
        }
        let is_refused = |answer: &Answer| answer.outcomes("retry") == ["rejected"];
        answers.iter().all(is_refused)
    });
    assert_eq!(
        stack.circuit()["opened_at"],
        opened,
        "the circuit was open all the while"
    );

    let items = state_items(&stack);
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["phase"], AttributeValue::S("open".to_owned()));
    stack.heal();
}

#[test]
fn whatever_can_fail_has_a_circuit_of_its_own() {
    let stack = Stack::running();
    let all = stack.get("/circuits");
    let circuits = all.body["circuits"].as_array().unwrap();
    let names: Vec<_> = circuits.iter().map(|circuit| &circuit["name"]).collect();
    assert_eq!(names, ["retry", "fallback", "database", "cache"]);
    assert_eq!(stack.get("/circuits/fallback").body["state"], "closed");
    let unknown = stack.get("/circuits/moon");
    assert_eq!((unknown.status, unknown.problem()), (404, "not-found"));
}

#[test]
fn an_order_reaches_every_environment_and_ends_when_withdrawn() {
    let stack = Stack::running();
    let path = stack.create_item();
    burst(&stack, &path);
    let options = json!({
        "mode": "force_open", "reason": "a drill", "display_name": "a test", "expires_in_s": 3600,
    });
    let ordered = stack.send_json("PUT", "/circuits/retry/override", &options);
    assert_eq!(ordered.status, 200, "{ordered:?}");
    assert_eq!(ordered.body["override"]["mode"], "force_open");
    wait_until("every environment refuses", || {
        burst(&stack, &path)
            .iter()
            .all(|answer| answer.outcomes("retry") == ["rejected"])
    });
    let write = stack.send_json("POST", "/items", &draft("not now"));
    assert_eq!(write.status, 503, "{write:?}");
    let wait: u64 = write.header("retry-after").parse().unwrap();
    assert!(
        wait <= 60,
        "an options may be taken back before its hour: {wait} s"
    );
    let withdrawn = stack.send("DELETE", "/circuits/retry/override", &[], b"");
    assert_eq!(withdrawn.status, 204, "{withdrawn:?}");
    wait_until("every environment admits", || {
        burst(&stack, &path)
            .iter()
            .all(|answer| answer.outcomes("retry") == ["ok"])
    });
    let events = stack.get("/circuits/retry/events");
    let events = events.body["events"].as_array().unwrap();
    let [.., given, taken] = events.as_slice() else {
        panic!("the audit trail lacks the options or its withdrawal: {events:?}");
    };
    // Nobody signs in here, so the trail knows no more than the name that was given.
    let actors = [&given["actor"], &taken["actor"]];
    assert_eq!(actors, ["a test", "anonymous"]);
    let trail = stack.get("/circuits/retry/trail");
    assert_eq!(trail.body["events"].as_array().unwrap(), events);
    assert_eq!(given["expires_at"], ordered.body["override"]["expires_at"]);
    assert!(taken["expires_at"].is_null(), "{taken}");
}
