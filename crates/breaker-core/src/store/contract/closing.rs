//! A circuit closes on all that its probes found.

use std::time::Duration;

use super::{Circuit, Suite, assert_same};
use crate::{
    policy::Policy,
    protocol::{Change, Lease, LeaseIndex, LeaseOwner, Opening, Phase, Record},
    store::StateStore,
};

pub(super) async fn hold(suite: &Suite<'_, impl StateStore>) {
    a_failure_that_came_in_between_is_not_lost(&suite.circuit("closing")).await;
}

async fn a_failure_that_came_in_between_is_not_lost(circuit: &Circuit<'_, impl StateStore>) {
    let expires = circuit.start + Duration::from_hours(1);
    let take = |index: LeaseIndex, owner| Change::TakeLease {
        index,
        lease: Lease {
            owner: LeaseOwner(owner),
            expires,
        },
    };
    let succeeded = |owner| Change::ProbeSucceeded {
        index: 0,
        owner: LeaseOwner(owner),
    };
    let failed = Change::ProbeFailed {
        index: 1,
        owner: LeaseOwner(2),
    };
    let first = circuit.half_open(1).await;
    let both = circuit.make(&first, &take(1, 2)).await;
    let enough = circuit.make(&both, &succeeded(1)).await;
    let close = closing(circuit, &enough);
    let outweighed = circuit.make(&enough, &failed).await;
    let met = circuit.lose(circuit.start, &enough, &close).await;
    assert_same(&met, &outweighed);
    assert_same(&circuit.load().await, &outweighed);
    // Decided anew, on all that there is, it closes.
    let third = circuit.make(&outweighed, &take(0, 3)).await;
    let enough = circuit.make(&third, &succeeded(3)).await;
    let closed = circuit.make(&enough, &closing(circuit, &enough)).await;
    assert!(matches!(closed.phase, Phase::Closed { .. }), "{closed:?}");
}

/// The transition to closed, where one more success than failures is enough.
fn closing(circuit: &Circuit<'_, impl StateStore>, record: &Record) -> Change {
    let policy = Policy {
        successes_to_close: 1,
        ..Policy::default()
    };
    let opening = Opening {
        jitter: 0.5,
        retry_after: None,
    };
    let change = record.due(&policy, circuit.start, opening);
    change.expect("enough probes have succeeded")
}
