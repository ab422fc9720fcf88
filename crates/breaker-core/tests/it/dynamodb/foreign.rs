//! Items that this program did not write, or that somebody has spoiled.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use breaker_core::{
    Cause, Change, DynamoDbStore, Epoch, Override, OverrideMode, Record, StateStore, StoreError,
    protocol::{Heartbeats, Lease, OnBehalf, Phase, Report, TrafficSlot},
    store::Consistency,
};

use super::{TABLE, emulated_table};
use crate::support::{START, failures, name, owner};

/// Writes one count, then spoils one attribute of the item.
async fn spoiled(attribute: &str, value: AttributeValue) -> (DynamoDbStore, Client) {
    let client = emulated_table().await;
    let store = DynamoDbStore::new(client.clone(), TABLE);
    let (circuit, fresh) = (name("orders"), Record::default());
    store
        .apply(&circuit, &fresh, &failures(START, 1), START)
        .await
        .unwrap();
    client
        .update_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S("orders".to_owned()))
        .key("sk", AttributeValue::S("state".to_owned()))
        .update_expression("SET #name = :value")
        .expression_attribute_names("#name", attribute)
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
    (store, client)
}

async fn items(client: &Client) -> Vec<HashMap<String, AttributeValue>> {
    let scan = client.scan().table_name(TABLE).send().await;
    scan.unwrap().items.unwrap()
}

/// A change of each kind.
fn changes() -> [Change; 8] {
    let heartbeats = Heartbeats {
        arrivals: 1,
        contacts: 1,
        lifetime_ms: 1,
        refused: 1,
    };
    let lease = Lease {
        owner: owner(1),
        expires: START + Duration::from_secs(10),
    };
    let placed = Override {
        mode: OverrideMode::ForceClosed,
        reason: "a drill".to_owned(),
        actor: "ada".to_owned(),
        expires: START + Duration::from_secs(10),
    };
    [
        failures(START, 1),
        Change::Report(Report {
            heartbeats: Some((TrafficSlot::at(START), heartbeats)),
            ..Report::default()
        }),
        Change::Transition {
            to: Phase::Open {
                since: START,
                opened: START,
                until: START,
                reopens: 0,
                doubt: 0,
            },
            cause: Cause::ConsecutiveFailures { failures: 5 },
            on_behalf: OnBehalf::Fleet,
        },
        Change::PlaceOverride(placed),
        Change::TakeLease { index: 0, lease },
        Change::ProbeSucceeded {
            index: 0,
            owner: owner(1),
        },
        Change::ProbeFailed {
            index: 0,
            owner: owner(1),
        },
        Change::ReleaseLease {
            index: 0,
            owner: owner(1),
        },
    ]
}

#[tokio::test]
async fn an_unknown_phase_is_an_error_and_never_read_as_closed() {
    let (store, _) = spoiled("phase", AttributeValue::S("ajar".to_owned())).await;
    let found = store.load(&name("orders"), Consistency::Strong).await;
    assert!(
        matches!(&found, Err(StoreError::Unreadable(why)) if why.contains("phase") && !why.contains("ajar")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_record_of_another_schema_is_reported_and_survives_whatever_is_written() {
    let number = |digits: &str| AttributeValue::N(digits.to_owned());
    let schemas = [
        (number("2"), "schema is 2 and not 3: an older program"),
        (number("4"), "schema is 4 and not 3: a newer program"),
        (AttributeValue::S("3".to_owned()), "attribute v"),
    ];
    for (schema, advice) in schemas {
        let (store, client) = spoiled("v", schema).await;
        let before = items(&client).await;
        let (circuit, old) = (name("orders"), Record::default());
        let found = store.load(&circuit, Consistency::Strong).await;
        let attempts = changes();
        let mut answers = vec![found];
        for change in &attempts {
            answers.push(store.apply(&circuit, &old, change, START).await);
        }
        for answer in answers {
            assert!(
                matches!(&answer, Err(StoreError::Unreadable(why)) if why.contains(advice)),
                "{answer:?}"
            );
        }
        assert_eq!(items(&client).await, before);
    }
}

#[tokio::test]
async fn an_item_without_any_schema_is_left_alone() {
    let client = emulated_table().await;
    let store = DynamoDbStore::new(client.clone(), TABLE);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let item = [
        ("pk", "orders"),
        ("sk", "state"),
        ("owner", "somebody else"),
    ];
    let item = item.map(|(name, value)| (name.to_owned(), text(value)));
    client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item.clone().into()))
        .send()
        .await
        .unwrap();
    for change in changes() {
        let answer = store
            .apply(&name("orders"), &Record::default(), &change, START)
            .await;
        assert!(
            matches!(answer, Err(StoreError::Unreadable(_))),
            "{answer:?}"
        );
    }
    assert_eq!(items(&client).await, [item.into()]);
}

#[tokio::test]
async fn a_malformed_attribute_is_named() {
    for attribute in ["epoch", "since_ms", "c0_1", "a7"] {
        let (store, _) = spoiled(attribute, AttributeValue::S("one".to_owned())).await;
        let found = store.load(&name("orders"), Consistency::Strong).await;
        assert!(
            matches!(&found, Err(StoreError::Unreadable(why)) if why.contains(attribute)),
            "{attribute}: {found:?}"
        );
    }
}

#[tokio::test]
async fn a_report_that_was_taken_is_not_called_unreadable() {
    let (store, _) = spoiled("reopens", AttributeValue::N("1".to_owned())).await;
    let (circuit, fresh) = (name("orders"), Record::default());
    let record = store.load(&circuit, Consistency::Strong).await.unwrap();
    let counted = fresh.apply(Epoch(0), &failures(START, 1), START).unwrap();
    assert_eq!(
        record.phase, counted.phase,
        "what is not asked for is left alone"
    );

    let (store, _) = spoiled("cause", AttributeValue::N("1".to_owned())).await;
    let answer = store
        .apply(&circuit, &fresh, &failures(START, 1), START)
        .await;
    // It was counted: whoever took it for refused would tell it again.
    let error = answer.unwrap_err();
    assert!(matches!(&error, StoreError::NoAnswer(why) if why.contains("cause")));
    assert!(!error.had_no_effect());
}
