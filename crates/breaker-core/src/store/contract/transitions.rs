//! A transition happens once, voids the evidence, and takes nothing else away.

use super::{Circuit, OPEN_FOR, Suite, assert_same, report};
use crate::{
    policy::Policy,
    protocol::{
        Change, Counts, Epoch, Heartbeats, LeaseOwner, Opening, Override, OverrideMode, Phase,
        Record, Report, State, TrafficSlot,
    },
    store::{StateStore, StoreError},
};

pub(super) async fn hold(suite: &Suite<'_, impl StateStore>) {
    a_change_of_an_older_epoch_has_no_effect(&suite.circuit("fenced")).await;
    a_change_of_an_epoch_that_has_not_begun_has_no_effect(&suite.circuit("early")).await;
    exactly_one_of_two_transitions_wins(&suite.circuit("race")).await;
    evidence_of_the_epoch_before_is_void(&suite.circuit("void")).await;
    heartbeats_that_a_transition_has_not_seen_survive_it(&suite.circuit("survivors")).await;
    a_transition_keeps_the_override_that_stands(&suite.circuit("kept-order")).await;
    a_full_circle_ends_closed_with_its_trail(&suite.circuit("circle")).await;
}

const OPENING: Opening = Opening {
    jitter: 0.5,
    retry_after: None,
};

async fn a_change_of_an_older_epoch_has_no_effect(circuit: &Circuit<'_, impl StateStore>) {
    let fresh = Record::default();
    let opened = circuit.make(&fresh, &circuit.open()).await;
    let heartbeat = Change::Report(Report {
        heartbeats: Some((TrafficSlot::at(circuit.start), Heartbeats::default())),
        ..Report::default()
    });
    let withdrawal = Change::WithdrawOverride {
        actor: "x".to_owned(),
    };
    let late = [
        report(circuit.calls(1, 1)),
        heartbeat,
        circuit.open(),
        withdrawal,
    ];
    for change in late {
        let met = circuit.lose(circuit.start, &fresh, &change).await;
        assert_same(&met, &opened);
    }
    assert_same(&circuit.load().await, &opened);
    assert_eq!(circuit.events(0, 10).await.len(), 1);
}

async fn a_change_of_an_epoch_that_has_not_begun_has_no_effect(
    circuit: &Circuit<'_, impl StateStore>,
) {
    let ahead = Record {
        epoch: Epoch(3),
        ..Record::default()
    };
    for change in [report(circuit.calls(1, 1)), circuit.open()] {
        let met = circuit.lose(circuit.start, &ahead, &change).await;
        assert_eq!(met, Record::default());
    }
    assert_eq!(circuit.load().await, Record::default());
    assert_eq!(circuit.events(0, 10).await, Vec::new());
}

async fn exactly_one_of_two_transitions_wins(circuit: &Circuit<'_, impl StateStore>) {
    let fresh = Record::default();
    let change = circuit.open();
    let (one, other) = tokio::join!(
        circuit.apply(&fresh, &change),
        circuit.apply(&fresh, &change)
    );
    let results = [one, other];
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "{results:?}");
    for error in results.into_iter().filter_map(Result::err) {
        let told = matches!(error, StoreError::Conflict(_) | StoreError::Contended);
        assert!(told, "the loser of a race is told so, not {error:?}");
    }
    assert_eq!(circuit.events(0, 10).await.len(), 1);
    assert_eq!(circuit.load().await.epoch, Epoch(1));
}

async fn evidence_of_the_epoch_before_is_void(circuit: &Circuit<'_, impl StateStore>) {
    let before = Record::default();
    circuit.make(&before, &report(circuit.calls(9, 9))).await;
    // The transition is decided on a record that has no evidence yet.
    let opened = circuit.make(&before, &circuit.open()).await;
    assert_eq!(circuit.total(&opened), Counts::default());
    let stored = circuit.load().await;
    assert_eq!(circuit.total(&stored), Counts::default());
    let counted = circuit.make(&stored, &report(circuit.calls(2, 1))).await;
    assert_eq!(circuit.total(&counted).calls, 2);
    // What may have stayed of the epoch before can be dropped as stale.
    let stale = counted.stale_evidence(&Policy::default(), circuit.start);
    let drop = Change::Report(Report {
        stale,
        ..Report::default()
    });
    let after = circuit.make(&counted, &drop).await;
    assert_eq!(after.evidence.0.len(), 1, "{after:?}");
}

async fn heartbeats_that_a_transition_has_not_seen_survive_it(
    circuit: &Circuit<'_, impl StateStore>,
) {
    let slot = TrafficSlot::at(circuit.start);
    let beat = |slot| {
        let heartbeats = Heartbeats {
            arrivals: 10,
            contacts: 2,
            lifetime_ms: 5_000,
            refused: 3,
        };
        Change::Report(Report {
            heartbeats: Some((slot, heartbeats)),
            ..Report::default()
        })
    };
    let seen = circuit.make(&Record::default(), &beat(slot)).await;
    // Others report while the transition is being decided.
    circuit.make(&seen, &beat(slot)).await;
    circuit.make(&seen, &beat(TrafficSlot(slot.0 + 1))).await;
    let opened = circuit.make(&seen, &circuit.open()).await;
    let survived = |record: Record| -> Vec<u64> {
        record
            .traffic
            .0
            .values()
            .map(|told| told.arrivals)
            .collect()
    };
    assert_eq!(survived(circuit.load().await), [20, 10]);
    // And so through an operator's override.
    let placed = Change::WithdrawOverride {
        actor: "x".to_owned(),
    };
    let later = beat(TrafficSlot(slot.0 + 2));
    circuit.make(&opened, &later).await;
    circuit.make(&opened, &placed).await;
    assert_eq!(survived(circuit.load().await), [20, 10, 10]);
}

async fn a_transition_keeps_the_override_that_stands(circuit: &Circuit<'_, impl StateStore>) {
    let placed = Override {
        mode: OverrideMode::Shadow,
        reason: "watching".to_owned(),
        actor: "ada".to_owned(),
        expires: circuit.start + OPEN_FOR,
    };
    let give = Change::PlaceOverride(placed.clone());
    let overridden = circuit.make(&Record::default(), &give).await;
    let opened = circuit.make(&overridden, &circuit.open()).await;
    assert_eq!(opened.standing_override, Some(placed));
    assert_same(&circuit.load().await, &opened);
}

async fn a_full_circle_ends_closed_with_its_trail(circuit: &Circuit<'_, impl StateStore>) {
    let policy = Policy {
        successes_to_close: 1,
        ..Policy::default()
    };
    let record = circuit.half_open(7).await;
    let change = Change::ProbeSucceeded {
        index: 0,
        owner: LeaseOwner(7),
    };
    let record = circuit.make(&record, &change).await;
    let change = record.due(&policy, circuit.start, OPENING);
    let change = change.expect("enough probes have succeeded");
    let closed = circuit.make(&record, &change).await;
    let expected = Phase::Closed {
        since: circuit.start,
        opened: circuit.start,
        doubt: 0,
        suspected: None,
    };
    assert_eq!(closed.phase, expected);
    assert_eq!(closed.epoch, Epoch(3));
    assert!(closed.cause.is_some());
    assert_same(&circuit.load().await, &closed);
    let events = circuit.events(0, 10).await;
    let trail: Vec<_> = events
        .iter()
        .map(|event| (event.epoch.0, event.from, event.to, event.actor.as_str()))
        .collect();
    assert_eq!(
        trail,
        [
            (1, State::Closed, State::Open, "breaker"),
            (2, State::Open, State::HalfOpen, "breaker"),
            (3, State::HalfOpen, State::Closed, "breaker"),
        ],
    );
    assert_eq!(Some(&events[2].reason), closed.cause.as_ref());
    assert_eq!(events[0].at, circuit.start);
}
