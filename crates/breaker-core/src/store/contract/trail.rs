//! The trail tells of every rise of the epoch, in order.

use super::{Circuit, Suite};
use crate::{protocol::Record, store::StateStore};

pub(super) async fn hold(suite: &Suite<'_, impl StateStore>) {
    events_are_told_from_an_epoch_on_and_in_pages(&suite.circuit("pages")).await;
}

async fn events_are_told_from_an_epoch_on_and_in_pages(circuit: &Circuit<'_, impl StateStore>) {
    let mut record = Record::default();
    for _ in 0..12 {
        record = circuit.make(&record, &circuit.open()).await;
    }
    let pages = [
        (0, 10, (1..=10).collect::<Vec<u64>>()),
        (10, 10, vec![11, 12]),
        (3, 2, vec![4, 5]),
        (11, u16::MAX, vec![12]),
        (12, 10, Vec::new()),
        (u64::MAX, 10, Vec::new()),
        (0, 0, Vec::new()),
    ];
    for (since, limit, expected) in pages {
        let events = circuit.events(since, limit).await;
        let epochs: Vec<u64> = events.iter().map(|event| event.epoch.0).collect();
        assert_eq!(epochs, expected, "since {since}, at most {limit}");
    }
}
