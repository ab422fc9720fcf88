//! The requests, word for word, and what their answers mean.

use serde_json::{Value, json};

use super::*;
use crate::{
    protocol::{
        Cause, Counts, Epoch, Lease, LeaseOwner, OnBehalf, Override, OverrideMode, Phase, Report,
        Slot, Suspicion,
    },
    store::dynamodb::{
        attribute::AttributeValue,
        failure::{CancellationReason, ServiceError},
    },
};

const NOW: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);
const UNTIL: Timestamp = Timestamp::from_unix_ms(1_700_000_005_000);

fn circuit() -> CircuitName {
    "orders".parse().unwrap()
}

fn asked(exchange: &Exchange) -> Value {
    serde_json::to_value(exchange.request()).unwrap()
}

fn apply(basis: &Record, change: &Change) -> Exchange {
    Exchange::apply("circuits", &circuit(), basis, change, NOW)
}

fn epoch(number: u64) -> Record {
    Record {
        epoch: Epoch(number),
        ..Record::default()
    }
}

fn failures() -> Change {
    let counts = Counts {
        calls: 3,
        failures: 2,
        ..Counts::default()
    };
    Change::Report(Report {
        tally: [(Slot(5), counts)].into(),
        ..Report::default()
    })
}

/// The item of a circuit that is closed, in epoch 7.
fn item() -> Item {
    let number = |digits: &str| AttributeValue::N(digits.to_owned());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let attributes = [
        ("pk", text("orders")),
        ("sk", text("state")),
        ("v", number("3")),
        ("epoch", number("7")),
        ("phase", text("closed")),
        ("since_ms", number("0")),
        ("opened_ms", number("0")),
        ("doubt", number("0")),
    ];
    attributes
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

#[test]
fn a_record_is_read_by_its_key_as_strongly_as_is_asked() {
    for (consistency, strong) in [(Consistency::Eventual, false), (Consistency::Strong, true)] {
        let load = Exchange::load("circuits", &circuit(), consistency);
        let expected = json!({"GetItem": {
            "TableName": "circuits",
            "Key": {"pk": {"S": "orders"}, "sk": {"S": "state"}},
            "ConsistentRead": strong,
        }});
        assert_eq!(asked(&load), expected);
    }
}

#[test]
fn a_report_adds_in_place_and_gets_the_record_back_either_way() {
    let expected = json!({"UpdateItem": {
        "TableName": "circuits",
        "Key": {"pk": {"S": "orders"}, "sk": {"S": "state"}},
        "UpdateExpression": "ADD #2 :2, #3 :3",
        "ConditionExpression": "#0 = :0 AND #1 = :1",
        "ExpressionAttributeNames": {"#0": "epoch", "#1": "v", "#2": "c7_5", "#3": "f7_5"},
        "ExpressionAttributeValues": {
            ":0": {"N": "7"}, ":1": {"N": "3"}, ":2": {"N": "3"}, ":3": {"N": "2"},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }});
    assert_eq!(asked(&apply(&epoch(7), &failures())), expected);
}

#[test]
fn a_transition_and_its_event_are_one_transaction() {
    let change = Change::Transition {
        to: Phase::Open {
            since: NOW,
            opened: NOW,
            until: UNTIL,
            reopens: 0,
            doubt: 0,
        },
        cause: Cause::ConsecutiveFailures { failures: 5 },
        on_behalf: OnBehalf::Fleet,
    };
    let asked = asked(&apply(&epoch(7), &change));
    let parts = asked["TransactWriteItems"]["TransactItems"]
        .as_array()
        .unwrap();
    assert_eq!(parts.len(), 2);
    let update = &parts[0]["Update"];
    assert_eq!(update["ConditionExpression"], "#0 = :0 AND #1 = :1");
    assert_eq!(update["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    assert_eq!(update.get("ReturnValues"), None, "it is no parameter of it");
    assert_eq!(
        parts[1],
        json!({"Put": {"TableName": "circuits", "Item": {
            "pk": {"S": "orders"},
            "sk": {"S": "event#00000000000000000008"},
            "v": {"N": "3"},
            "epoch": {"N": "8"},
            "at_ms": {"N": "1700000000000"},
            "from_state": {"S": "closed"},
            "to_state": {"S": "open"},
            "reason": {"S": "the last 5 calls all failed or were too slow"},
            "actor": {"S": "breaker"},
            "ttl": {"N": "1707776000"},
        }}})
    );
}

#[test]
fn a_suspicion_is_raised_unless_it_is_already_and_cleared_in_place() {
    let asked = |suspicion| {
        let change = Change::Report(Report {
            suspicion: Some(suspicion),
            ..Report::default()
        });
        asked(&apply(&epoch(7), &change))["UpdateItem"].clone()
    };
    let raised = asked(Suspicion::Raised(NOW));
    let set_once = "SET #2 = if_not_exists(#2, :2)";
    assert_eq!(raised["UpdateExpression"], set_once);
    assert_eq!(raised["ExpressionAttributeNames"]["#2"], "suspected_ms");
    let now = json!({"N": "1700000000000"});
    assert_eq!(raised["ExpressionAttributeValues"][":2"], now);
    let cleared = asked(Suspicion::Cleared);
    assert_eq!(cleared["UpdateExpression"], "REMOVE #2");
    assert_eq!(cleared["ExpressionAttributeNames"]["#2"], "suspected_ms");
}

#[test]
fn a_failed_probe_is_counted_and_frees_its_place_if_it_still_holds_it() {
    let owner = LeaseOwner(1);
    let change = Change::ProbeFailed { index: 3, owner };
    let asked = asked(&apply(&epoch(7), &change));
    let update = &asked["UpdateItem"];
    let expected = "#0 = :0 AND #1 = :1 AND #2 = :2 AND #3 > :3";
    assert_eq!(update["ConditionExpression"], expected);
    assert_eq!(update["UpdateExpression"], "REMOVE #2, #3 ADD #4 :4");
    let names = json!({
        "#0": "epoch", "#1": "v", "#2": "l3_owner", "#3": "l3_until_ms", "#4": "probe_failures",
    });
    assert_eq!(update["ExpressionAttributeNames"], names);
    assert_eq!(update["ExpressionAttributeValues"][":4"], json!({"N": "1"}));
}

/// They go on for as long as an outage does, so they cost one write each.
#[test]
fn an_attempt_to_recover_after_a_failed_one_is_no_transaction() {
    let attempt = |reopens| {
        let to = Phase::HalfOpen {
            since: NOW,
            opened: NOW,
            reopens,
            doubt: 0,
            successes: 0,
            failures: 0,
            leases: [].into(),
        };
        let change = Change::Transition {
            to,
            cause: Cause::ProbeStarted,
            on_behalf: OnBehalf::Fleet,
        };
        asked(&apply(&epoch(7), &change))
    };
    assert!(attempt(0).get("TransactWriteItems").is_some());
    let another = &attempt(1)["UpdateItem"];
    assert_eq!(another["ConditionExpression"], "#0 = :0 AND #1 = :1");
    assert_eq!(another["ReturnValues"], "ALL_NEW");
}

/// A change of each kind.
fn changes() -> Vec<Change> {
    let lease = Lease {
        owner: LeaseOwner(1),
        expires: UNTIL,
    };
    let owner = LeaseOwner(1);
    vec![
        failures(),
        Change::TakeLease { index: 0, lease },
        Change::ProbeSucceeded { index: 0, owner },
        Change::ProbeFailed { index: 0, owner },
        Change::ReleaseLease { index: 0, owner },
        Change::Transition {
            to: Phase::closed(NOW),
            cause: Cause::ProbesSucceeded {
                successes: 3,
                failures: 0,
            },
            on_behalf: OnBehalf::Fleet,
        },
        Change::PlaceOverride(Override {
            mode: OverrideMode::ForceOpen,
            reason: "drill".to_owned(),
            actor: "ada".to_owned(),
            expires: UNTIL,
        }),
        Change::WithdrawOverride {
            actor: "ada".to_owned(),
        },
    ]
}

fn service_error(code: &str, item: Option<Item>) -> RequestError {
    RequestError::Service(ServiceError {
        code: code.to_owned(),
        status: 400,
        item,
        ..ServiceError::default()
    })
}

fn cancelled(item: Option<Item>) -> RequestError {
    let reason = |code: &str, item| CancellationReason {
        code: Some(code.to_owned()),
        item,
    };
    RequestError::Service(ServiceError {
        code: "TransactionCanceledException".to_owned(),
        status: 400,
        cancellation_reasons: vec![reason("ConditionalCheckFailed", item), reason("None", None)],
        ..ServiceError::default()
    })
}

#[test]
fn the_loser_of_a_race_gets_the_winners_record() {
    for change in changes() {
        let exchange = apply(&epoch(6), &change);
        let refusal = match exchange.request() {
            Request::GetItem(_) => panic!("{change:?} is no consistency"),
            Request::UpdateItem(_) => {
                service_error("ConditionalCheckFailedException", Some(item()))
            }
            Request::TransactWriteItems(_) => cancelled(Some(item())),
        };
        let Err(StoreError::Conflict(conflict)) = exchange.finish(Err(refusal)) else {
            panic!("{change:?} came too late");
        };
        assert_eq!(*conflict.current, epoch(7), "{change:?}");
    }
}

#[test]
fn what_raises_the_epoch_leaves_the_record_that_was_worked_out() {
    for change in changes() {
        let basis = epoch(7);
        let Some(_) = basis.event_of(&change, NOW) else {
            continue;
        };
        let after = basis.apply(Epoch(7), &change, NOW).unwrap();
        assert_eq!(apply(&basis, &change).finish(Ok(None)), Ok(after));
    }
}

#[test]
fn a_change_that_was_made_is_never_said_to_have_had_no_effect() {
    let mut spoiled = item();
    spoiled.insert("phase".to_owned(), AttributeValue::S("ajar".to_owned()));
    for answer in [None, Some(spoiled)] {
        let error = apply(&epoch(7), &failures()).finish(Ok(answer));
        assert!(!error.unwrap_err().had_no_effect());
    }
}

#[test]
fn a_reading_of_no_item_is_a_circuit_that_nobody_has_written() {
    let load = || Exchange::load("circuits", &circuit(), Consistency::Strong);
    assert_eq!(load().finish(Ok(None)), Ok(Record::default()));
    assert_eq!(load().finish(Ok(Some(item()))), Ok(epoch(7)));
    let lost = RequestError::NoAnswer("timed out".to_owned());
    let no_answer = Err(StoreError::NoAnswer("timed out".to_owned()));
    assert_eq!(load().finish(Err(lost)), no_answer);
}
