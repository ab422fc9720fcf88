//! An operator's override stands until it is taken back.

use std::time::Duration;

use super::{Circuit, Suite, assert_same, report};
use crate::{
    protocol::{Change, Override, OverrideMode, Phase, Record, State},
    store::StateStore,
};

pub(super) async fn hold(suite: &Suite<'_, impl StateStore>) {
    an_override_stands_until_it_is_withdrawn(&suite.circuit("overrides/eu-west")).await;
    a_new_override_replaces_the_old_one(&suite.circuit("overrides/replaced")).await;
    being_forced_closed_is_a_fresh_start(&suite.circuit("overrides/fresh-start")).await;
}

fn give(placed: &Override) -> Change {
    Change::PlaceOverride(placed.clone())
}

fn placed<S>(circuit: &Circuit<'_, S>, mode: OverrideMode) -> Override {
    Override {
        mode,
        reason: "database upgrade: “über Nacht”".to_owned(),
        actor: "ada".to_owned(),
        expires: circuit.start + Duration::from_mins(1),
    }
}

async fn an_override_stands_until_it_is_withdrawn(circuit: &Circuit<'_, impl StateStore>) {
    let placed = placed(circuit, OverrideMode::ForceOpen);
    let record = circuit.make(&Record::default(), &give(&placed)).await;
    assert_eq!(record.effective_state(circuit.start), State::ForcedOpen);
    assert_same(&circuit.load().await, &record);
    let counted = circuit.make(&record, &report(circuit.calls(1, 1))).await;
    assert_eq!(counted.standing_override, Some(placed.clone()));
    let withdraw = Change::WithdrawOverride {
        actor: "bob".to_owned(),
    };
    let record = circuit.make(&counted, &withdraw).await;
    assert_eq!(record.effective_state(circuit.start), State::Closed);
    assert_same(&circuit.load().await, &record);
    let events = circuit.events(0, 10).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.actor.as_str(), event.from, event.to, event.expires))
        .collect();
    assert_eq!(
        told,
        [
            (
                "ada",
                State::Closed,
                State::ForcedOpen,
                Some(placed.expires)
            ),
            ("bob", State::ForcedOpen, State::Closed, None)
        ],
    );
}

async fn a_new_override_replaces_the_old_one(circuit: &Circuit<'_, impl StateStore>) {
    let first = placed(circuit, OverrideMode::ForceOpen);
    let second = Override {
        reason: "only watching".to_owned(),
        actor: "bob".to_owned(),
        expires: circuit.start + Duration::from_mins(9),
        ..placed(circuit, OverrideMode::Shadow)
    };
    let record = circuit.make(&Record::default(), &give(&first)).await;
    circuit.make(&record, &give(&second)).await;
    let stored = circuit.load().await;
    assert_eq!(stored.standing_override, Some(second));
    assert_eq!(stored.cause.as_deref(), Some("only watching"));
}

async fn being_forced_closed_is_a_fresh_start(circuit: &Circuit<'_, impl StateStore>) {
    let record = circuit.half_open(1).await;
    let change = give(&placed(circuit, OverrideMode::ForceClosed));
    let closed = circuit.make(&record, &change).await;
    assert_eq!(closed.phase, Phase::closed(circuit.start));
    assert_same(&circuit.load().await, &closed);
}
