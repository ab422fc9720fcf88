//! The circuits inside the Retry Lambda, seen and steered from outside.

use std::time::Duration;

use crate::stack::{Stack, Victim, draft, let_pass, wait_until};

/// For so long an entry of the cache stands in for the database on this stage.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// After the end of an outage both circuits are closed: decision 9, and the time that
/// both ramps and a busy machine take.
const BOTH_CLOSED_WITHIN: Duration = Duration::from_secs(70 + 20);

fn names(stack: &Stack) -> Vec<String> {
    let circuits = stack.get("/circuits").body["circuits"].clone();
    let circuits = circuits.as_array().unwrap().iter();
    let names = circuits.map(|circuit| circuit["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn every_circuit_is_shown_and_others_are_not_found() {
    let stack = Stack::running();
    assert_eq!(names(&stack), ["retry", "fallback", "database", "cache"]);
    let unknown = stack.get("/circuits/payments");
    assert_eq!((unknown.status, unknown.problem()), (404, "not-found"));
}

#[test]
fn a_dead_database_opens_its_circuit_and_when_it_is_back_both_close() {
    let stack = Stack::running();
    let known = stack.create_item();
    let epoch = stack.circuit_named("database")["epoch"].as_u64().unwrap();
    // With the outer one held closed, calls go on to the inner one.
    stack.options("retry", "force_closed");
    let_pass(FRESH_FOR);
    Stack::kill(Victim::Database);
    wait_until("reads of a dead database open its circuit", || {
        let read = stack.get(&known);
        assert_eq!((read.status, read.source()), (200, "fallback"), "{read:?}");
        stack.circuit_named("database")["state"] == "open"
    });
    let write = stack.send_json("PUT", &known, &draft("in vain"));
    assert_eq!(write.status, 503, "{write:?}");
    let wait = write.header("retry-after").parse::<u64>().unwrap();
    assert!(
        (1..=70).contains(&wait),
        "until the inner one may close: {wait}"
    );
    stack.withdraw_override("retry");
    wait_until("the outer one opens as well", || {
        stack.get(&known);
        stack.circuit()["state"] == "open"
    });

    Stack::start(Victim::Database);
    let took = wait_until("both close by themselves", || {
        stack.send_json("PUT", &known, &draft("back"));
        stack.admits_everything()
    });
    assert!(took < BOTH_CLOSED_WITHIN, "{took:?}");
    let trail = stack.get(&format!("/circuits/database/events?since={epoch}"));
    let events = trail.body["events"].as_array().unwrap().iter();
    let states: Vec<_> = events.map(|event| event["to"].as_str().unwrap()).collect();
    assert_eq!(states.first(), Some(&"open"));
    assert_eq!(states.last(), Some(&"closed"));
}

#[test]
fn a_database_that_an_operator_holds_open_degrades_reads_and_refuses_writes() {
    let stack = Stack::running();
    let known = stack.create_item();
    stack.options("database", "force_open");
    wait_until("the options has reached the Retry Lambda", || {
        stack.send_json("PUT", &known, &draft("refused")).status == 503
    });
    let_pass(FRESH_FOR);
    let write = stack.send_json("PUT", &known, &draft("refused"));
    assert_eq!(
        (write.status, write.problem()),
        (503, "service-unavailable")
    );
    assert!(write.header("retry-after").parse::<u64>().unwrap() >= 1);
    let read = stack.get(&known);
    assert_eq!((read.status, read.source()), (200, "fallback"), "{read:?}");
    let circuit = stack.circuit_named("database");
    assert_eq!(circuit["override"]["mode"], "force_open");
    stack.withdraw_override("database");
    wait_until("all is well again", || {
        stack.send_json("PUT", &known, &draft("back"));
        stack.admits_everything()
    });
}

#[test]
fn a_dead_cache_opens_its_circuit_and_is_used_again_when_it_is_back() {
    let stack = Stack::running();
    let path = stack.create_item();
    Stack::kill(Victim::Cache);
    wait_until("a dead cache opens its circuit", || {
        let read = stack.get(&path);
        assert_eq!((read.status, read.source()), (200, "database"), "{read:?}");
        stack.circuit_named("cache")["state"] == "open"
    });
    assert_eq!(stack.circuit()["state"], "closed");
    Stack::start(Victim::Cache);
    wait_until("the cache is asked again", || {
        let read = stack.get(&path);
        assert_eq!(read.status, 200, "{read:?}");
        read.source() == "cache" && stack.admits_everything()
    });
}
