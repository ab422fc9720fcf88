//! Faults on request: every environment honours them, and they end.

use std::thread;

use serde_json::json;

use crate::stack::{Answer, Stack, draft, wait_until};

/// Enough at once that one environment cannot serve them all.
const AT_ONCE: usize = 8;

fn writes_at_once(stack: &Stack) -> Vec<Answer> {
    thread::scope(|scope| {
        let write = || stack.send_json("POST", "/items", &draft("drill"));
        let writes: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(write)).collect();
        let answers = writes.into_iter().map(|write| write.join().unwrap());
        answers.collect()
    })
}

#[test]
fn a_fault_is_honoured_by_every_environment_and_ends_when_it_is_told_to() {
    let stack = Stack::running();
    wait_until(
        "load brings up a second environment of the API Lambda",
        || {
            writes_at_once(&stack);
            stack.api_environments() >= 2
        },
    );
    stack.put_fault("database", json!({"kind": "error"}));
    wait_until("every environment honours the fault", || {
        writes_at_once(&stack)
            .iter()
            .all(|write| write.status == 503)
    });
    let listed = stack.get("/faults");
    assert_eq!(listed.body["allowed"], true);
    assert_eq!(listed.body["faults"]["database"]["kind"], "error");
    stack.end_faults();
    assert_eq!(stack.get("/faults").body["faults"], json!({}));
    stack.heal();
    // Each has stopped itself, and lets one call at a time find out.
    wait_until("every environment is well again", || {
        writes_at_once(&stack)
            .iter()
            .all(|write| write.status == 201)
    });
}

#[test]
fn a_fault_strikes_as_often_as_asked() {
    let stack = Stack::running();
    let path = stack.create_item();
    stack.put_fault("cache", json!({"kind": "error", "rate": 0.5}));
    // A cache in trouble costs nobody an answer, at any rate.
    for _ in 0..10 {
        let read = stack.get(&path);
        assert_eq!(read.status, 200, "{read:?}");
    }
    stack.end_faults();
}

#[test]
fn a_retry_lambda_that_crashes_after_its_work_does_it_once_all_the_same() {
    let stack = Stack::running();
    let path = stack.create_item();
    stack.put_fault("retry", json!({"kind": "crash", "rate": 0.5}));
    let mut version = stack.get(&path).body["data"]["version"].as_u64();
    for round in 0..6 {
        let name = format!("round {round}");
        let key = format!("{path}/{round}");
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", &key),
        ];
        let body = draft(&name).to_string();
        wait_until("the write is acknowledged", || {
            let write = stack.send("PUT", &path, &headers, body.as_bytes());
            if write.status != 200 {
                return false;
            }
            assert_eq!(write.body["data"]["name"], *name);
            let before = version.replace(write.body["data"]["version"].as_u64().unwrap());
            assert_eq!(version, before.map(|before| before + 1), "once: {write:?}");
            true
        });
    }
    stack.heal();
    assert_eq!(stack.get(&path).body["data"]["version"].as_u64(), version);
}
