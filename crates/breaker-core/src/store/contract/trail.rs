//! The trail tells of every rise of the epoch, in order.

use super::{Circuit, Suite, assert_same};
use crate::{
    policy::Policy,
    protocol::{Change, LeaseOwner, Opening, Phase, Record, State},
    store::StateStore,
};

pub(super) async fn hold(suite: &Suite<'_, impl StateStore>) {
    events_are_told_from_an_epoch_on_and_in_pages(&suite.circuit("pages")).await;
    attempts_to_recover_after_the_first_leave_no_event(&suite.circuit("attempts")).await;
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

/// They go on for as long as the outage does: the trail would have no end.
async fn attempts_to_recover_after_the_first_leave_no_event(
    circuit: &Circuit<'_, impl StateStore>,
) {
    let policy = Policy {
        successes_to_close: 1,
        ..Policy::default()
    };
    let (index, owner) = (0, LeaseOwner(1));
    let opening = Opening {
        jitter: 0.5,
        retry_after: None,
    };
    let mut record = circuit.half_open(owner.0).await;
    let mut now = circuit.start;
    for _ in 0..4 {
        let failed = record.probe_failed(index, owner, &policy, now, opening);
        record = circuit.make_at(now, &record, &failed).await;
        let Phase::Open { until, .. } = record.phase else {
            panic!("a failed probe with no success opens again: {record:?}");
        };
        now = until;
        let plan = record.plan_probe(&policy, now, owner).unwrap();
        record = circuit.make_at(now, &record, &plan.change).await;
        assert_same(&circuit.load().await, &record);
    }
    let succeeded = Change::ProbeSucceeded { index, owner };
    record = circuit.make_at(now, &record, &succeeded).await;
    let closing = record.due(&policy, now, opening).unwrap();
    record = circuit.make_at(now, &record, &closing).await;
    assert_same(&circuit.load().await, &record);
    let events = circuit.events(0, 100).await;
    let trail: Vec<_> = events
        .iter()
        .map(|event| (event.epoch.0, event.from, event.to))
        .collect();
    assert_eq!(
        trail,
        [
            (1, State::Closed, State::Open),
            (2, State::Open, State::HalfOpen),
            (11, State::HalfOpen, State::Closed),
        ],
    );
}
