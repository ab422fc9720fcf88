//! Trails that are too long for one answer.

use std::time::Duration;

use breaker_core::{Change, DynamoDbStore, Epoch, Override, OverrideMode, Record, StateStore};

use super::{TABLE, emulated_table};
use crate::support::{START, name};

#[tokio::test]
async fn a_trail_of_more_than_a_megabyte_is_told_whole() {
    let store = DynamoDbStore::new(emulated_table().await, TABLE);
    let circuit = name("orders");
    let change = Change::PlaceOverride(Override {
        mode: OverrideMode::Shadow,
        reason: "because ".repeat(20_000),
        actor: "ada".to_owned(),
        expires: START + Duration::from_mins(1),
    });
    let mut record = Record::default();
    for _ in 0..9 {
        let made = store.apply(&circuit, &record, &change, START).await;
        record = made.unwrap();
    }
    for (limit, expected) in [(100, 9), (9, 9), (8, 8)] {
        let events = store.events(&circuit, Epoch(0), limit).await.unwrap();
        let epochs: Vec<u64> = events.iter().map(|event| event.epoch.0).collect();
        assert_eq!(epochs, (1..=expected).collect::<Vec<_>>());
    }
}
