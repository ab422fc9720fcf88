//! PostgreSQL is killed and comes back, while nothing of ours is restarted.

use crate::stack::{Stack, Victim, draft, wait_until};

#[test]
fn without_the_database_known_items_are_served_degraded_and_the_rest_is_refused() {
    let stack = Stack::running();
    let known = stack.create_item();
    let before = stack.get(&known);
    let page_before = stack.get("/items?limit=5");
    Stack::kill(Victim::Database);

    let mut most_attempts = 0;
    wait_until("the fleet's failures open the circuit", || {
        let write = stack.send_json("POST", "/items", &draft("lost"));
        assert_eq!(
            (write.status, write.problem()),
            (503, "service-unavailable"),
            "{write:?}"
        );
        assert!(write.header("retry-after").parse::<u64>().unwrap() >= 1);
        most_attempts = most_attempts.max(write.outcomes("retry").len());
        stack.circuit()["state"] == "open"
    });
    assert!(most_attempts > 1, "a write that failed was tried again");

    let read = stack.get(&known);
    assert_eq!((read.status, read.source()), (200, "fallback"), "{read:?}");
    assert_eq!(read.body["served"]["degraded"], true);
    assert_eq!(read.body["data"], before.body["data"]);
    let page = stack.get("/items?limit=5");
    assert_eq!((page.status, page.source()), (200, "fallback"), "{page:?}");
    assert_eq!(
        page.body["data"], page_before.body["data"],
        "the last known page, not an empty one"
    );

    let unknown = stack.get("/items/00000000-0000-7000-8000-000000000000");
    assert_eq!(
        (unknown.status, unknown.problem()),
        (503, "service-unavailable"),
        "{unknown:?}"
    );
    assert!(unknown.header("retry-after").parse::<u64>().unwrap() >= 1);

    Stack::start(Victim::Database);
    wait_until("the circuit closes by itself", || {
        stack.send_json("PUT", &known, &draft("back"));
        stack.admits_everything()
    });
    let write = stack.send_json("PUT", &known, &draft("back for good"));
    assert_eq!(write.status, 200, "{write:?}");
    assert_eq!(stack.get(&known).body["data"]["name"], "back for good");
}

#[test]
fn the_trail_tells_the_incident_from_closed_to_closed() {
    let stack = Stack::running();
    let epoch = stack.circuit()["epoch"].as_u64().unwrap();
    Stack::kill(Victim::Database);
    wait_until("the circuit opens", || {
        stack.send_json("POST", "/items", &draft("lost"));
        stack.circuit()["state"] != "closed"
    });
    stack.heal();
    let trail = stack.get(&format!("/circuits/retry/events?since={epoch}"));
    let events = trail.body["events"].as_array().unwrap();
    let states: Vec<&str> = events
        .iter()
        .map(|event| event["to"].as_str().unwrap())
        .collect();
    assert_eq!(states.first(), Some(&"open"));
    assert_eq!(&states[states.len() - 2..], ["half_open", "closed"]);
    let reason = events[0]["reason"].as_str().unwrap();
    assert!(reason.contains("failed"), "{reason}");
}
