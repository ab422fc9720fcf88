//! A place among the probes has one owner at a time.

use std::time::Duration;

use super::{Circuit, OPEN_FOR, Suite, assert_same};
use crate::{
    policy::Policy,
    protocol::{Change, Lease, LeaseIndex, LeaseOwner, Opening, Phase, Record},
    store::{StateStore, StoreError},
    time::Timestamp,
};

pub(super) async fn hold(suite: &Suite<'_, impl StateStore>) {
    a_place_is_leased_once_until_it_expires(&suite.circuit("leases")).await;
    exactly_one_of_two_calls_gets_a_place(&suite.circuit("lease-race")).await;
    only_a_half_open_circuit_has_places(&suite.circuit("no-places")).await;
    only_the_owner_of_a_lease_can_use_it(&suite.circuit("owners")).await;
    a_lease_that_is_given_back_is_free(&suite.circuit("given-back")).await;
    a_lease_that_was_lost_or_is_over_decides_nothing(&suite.circuit("lost-leases")).await;
    an_older_view_of_the_same_epoch_is_good_enough(&suite.circuit("older-views")).await;
    a_transition_voids_the_leases_that_it_has_not_seen(&suite.circuit("unseen-leases")).await;
    a_failed_probe_counts_and_frees_its_place(&suite.circuit("failed-probes")).await;
}

const OPENING: Opening = Opening {
    jitter: 0.5,
    retry_after: None,
};

fn take(index: LeaseIndex, owner: u128, expires: Timestamp) -> Change {
    let owner = LeaseOwner(owner);
    let lease = Lease { owner, expires };
    Change::TakeLease { index, lease }
}

async fn a_place_is_leased_once_until_it_expires(circuit: &Circuit<'_, impl StateStore>) {
    let record = circuit.half_open(1).await;
    let expires = circuit.start + Duration::from_secs(20);
    let longer = expires + Duration::from_secs(20);
    let record = circuit.make(&record, &take(1, 2, expires)).await;
    let heir = take(1, 3, longer);
    let moment_before = Timestamp::from_unix_ms(expires.as_unix_ms() - 1);
    assert_same(&circuit.lose(moment_before, &record, &heir).await, &record);
    let taken_over = circuit.make_at(expires, &record, &heir).await;
    assert!(taken_over.is_held(1, LeaseOwner(3), expires));
    assert!(taken_over.has_leased(0, LeaseOwner(1)), "{taken_over:?}");
}

async fn exactly_one_of_two_calls_gets_a_place(circuit: &Circuit<'_, impl StateStore>) {
    let record = circuit.half_open(1).await;
    let expires = circuit.start + Duration::from_secs(20);
    let (two, three) = (take(1, 2, expires), take(1, 3, expires));
    let (two, three) = tokio::join!(circuit.apply(&record, &two), circuit.apply(&record, &three));
    let stored = circuit.load().await;
    for (owner, result) in [(2, two), (3, three)] {
        let granted = match result {
            Ok(_) => true,
            Err(StoreError::Conflict(_) | StoreError::Contended) => false,
            Err(error) => panic!("the loser of a race is told so, not {error:?}"),
        };
        assert_eq!(stored.has_leased(1, LeaseOwner(owner)), granted);
    }
    let granted = [2, 3].map(|owner| stored.has_leased(1, LeaseOwner(owner)));
    assert_ne!(granted, [false, false]);
}

async fn only_a_half_open_circuit_has_places(circuit: &Circuit<'_, impl StateStore>) {
    let fresh = Record::default();
    let change = take(0, 1, circuit.start + OPEN_FOR);
    let met = circuit.lose(circuit.start, &fresh, &change).await;
    assert_same(&met, &fresh);
    let opened = circuit.make(&fresh, &circuit.open()).await;
    let met = circuit.lose(circuit.start, &opened, &change).await;
    assert_same(&met, &opened);
    assert_same(&circuit.load().await, &opened);
}

async fn only_the_owner_of_a_lease_can_use_it(circuit: &Circuit<'_, impl StateStore>) {
    let record = circuit.half_open(u128::MAX).await;
    let (index, owner, stranger) = (0, LeaseOwner(u128::MAX), LeaseOwner(2));
    let policy = Policy::default();
    let not_theirs = [
        Change::ProbeSucceeded {
            index,
            owner: stranger,
        },
        Change::ProbeFailed {
            index,
            owner: stranger,
        },
        Change::ReleaseLease {
            index,
            owner: stranger,
        },
        record.probe_failed(index, stranger, &policy, circuit.start, OPENING),
        // A place that nobody has.
        Change::ProbeSucceeded { index: 1, owner },
        Change::ProbeFailed { index: 1, owner },
        Change::ReleaseLease { index: 1, owner },
    ];
    for change in not_theirs {
        let met = circuit.lose(circuit.start, &record, &change).await;
        assert_same(&met, &record);
    }
    let change = Change::ProbeSucceeded { index, owner };
    let after = circuit.make(&record, &change).await;
    assert!(
        matches!(&after.phase, Phase::HalfOpen { successes: 1, leases, .. } if leases.is_empty()),
        "{after:?}"
    );
    // The place is given back, so the same success cannot count twice.
    let met = circuit.lose(circuit.start, &after, &change).await;
    assert_same(&met, &after);
}

async fn a_lease_that_is_given_back_is_free(circuit: &Circuit<'_, impl StateStore>) {
    let policy = Policy::default();
    let record = circuit.half_open(1).await;
    let (index, owner) = (0, LeaseOwner(1));
    // Even after its end, as long as nobody else has taken it.
    let over = circuit.start + OPEN_FOR + policy.lease_for;
    let change = Change::ReleaseLease { index, owner };
    let free = circuit.make_at(over, &record, &change).await;
    assert!(
        matches!(&free.phase, Phase::HalfOpen { successes: 0, leases, .. } if leases.is_empty()),
        "{free:?}"
    );
    let taken = take(index, 2, over);
    let taken = circuit.make(&free, &taken).await;
    assert!(taken.has_leased(index, LeaseOwner(2)));
}

async fn a_lease_that_was_lost_or_is_over_decides_nothing(circuit: &Circuit<'_, impl StateStore>) {
    let policy = Policy::default();
    let record = circuit.half_open(1).await;
    let (index, owner) = (0, LeaseOwner(1));
    let over = circuit.start + OPEN_FOR + policy.lease_for;
    let reopen = record.probe_failed(index, owner, &policy, over, OPENING);
    let ended = [
        &reopen,
        &Change::ProbeSucceeded { index, owner },
        &Change::ProbeFailed { index, owner },
    ];
    for change in ended {
        assert_same(&circuit.lose(over, &record, change).await, &record);
    }
    let heir = take(index, 2, over + policy.lease_for);
    let taken = circuit.make_at(over, &record, &heir).await;
    // The first owner still believes in its lease and decides on its old view.
    let still_believed = [
        &reopen,
        &Change::ProbeFailed { index, owner },
        &Change::ReleaseLease { index, owner },
    ];
    for change in still_believed {
        assert_same(&circuit.lose(over, &record, change).await, &taken);
    }
}

async fn an_older_view_of_the_same_epoch_is_good_enough(circuit: &Circuit<'_, impl StateStore>) {
    let first = circuit.half_open(1).await;
    let expires = circuit.start + Duration::from_mins(1);
    let both = circuit.make(&first, &take(1, 2, expires)).await;
    // The second probe fails while its process remembers only the first.
    let policy = Policy::default();
    let reopen = first.probe_failed(1, LeaseOwner(2), &policy, circuit.start, OPENING);
    let reopened = circuit.make(&first, &reopen).await;
    assert_eq!(reopened.epoch, both.epoch.next());
    assert!(matches!(reopened.phase, Phase::Open { reopens: 1, .. }));
    assert_same(&circuit.load().await, &reopened);
}

async fn a_transition_voids_the_leases_that_it_has_not_seen(
    circuit: &Circuit<'_, impl StateStore>,
) {
    let policy = Policy::default();
    let first = circuit.half_open(1).await;
    let far = circuit.start + Duration::from_hours(1);
    circuit.make(&first, &take(1, 2, far)).await;
    circuit.make(&first, &take(7, 3, far)).await;
    let reopen = first.probe_failed(0, LeaseOwner(1), &policy, circuit.start, OPENING);
    let opened = circuit.make(&first, &reopen).await;
    let later = circuit.start + Duration::from_mins(2);
    let plan = opened.plan_probe(&policy, later, LeaseOwner(4)).unwrap();
    let again = circuit.make_at(later, &opened, &plan.change).await;
    let stored = circuit.load().await;
    assert_same(&stored, &again);
    assert!(
        matches!(&stored.phase, Phase::HalfOpen { leases, .. } if leases.len() == 1),
        "{stored:?}"
    );
    // An override voids them as well, and the successes.
    circuit.make_at(later, &again, &take(1, 5, far)).await;
    let placed = Change::WithdrawOverride {
        actor: "ada".to_owned(),
    };
    circuit.make_at(later, &again, &placed).await;
    let stored = circuit.load().await;
    assert!(
        matches!(&stored.phase, Phase::HalfOpen { successes: 0, leases, .. } if leases.is_empty()),
        "{stored:?}"
    );
}

/// After a success a failure counts against it, and the circuit stays half open.
async fn a_failed_probe_counts_and_frees_its_place(circuit: &Circuit<'_, impl StateStore>) {
    let policy = Policy::default();
    let far = circuit.start + Duration::from_hours(1);
    let record = circuit.half_open(1).await;
    let succeeded = Change::ProbeSucceeded {
        index: 0,
        owner: LeaseOwner(1),
    };
    let mut record = circuit.make(&record, &succeeded).await;
    for (owner, expected) in [(2, 1), (3, 2)] {
        let (index, owner) = (0, LeaseOwner(owner));
        record = circuit.make(&record, &take(index, owner.0, far)).await;
        let before = record.clone();
        let failed = Change::ProbeFailed { index, owner };
        record = circuit.make(&before, &failed).await;
        assert_eq!(record.epoch, before.epoch);
        assert!(
            matches!(
                &record.phase,
                Phase::HalfOpen { successes: 1, failures, leases, .. }
                    if *failures == expected && leases.is_empty()
            ),
            "{record:?}"
        );
        // The place is given back, so the same failure cannot count twice.
        let met = circuit.lose(circuit.start, &before, &failed).await;
        assert_same(&met, &record);
    }
    assert_same(&circuit.load().await, &record);
    // In the epoch after, the failure of one that still ran is void.
    let owner = LeaseOwner(4);
    let running = circuit.make(&record, &take(0, owner.0, far)).await;
    let reopen = running.probe_failed(0, owner, &policy, circuit.start, OPENING);
    let opened = circuit.make(&running, &reopen).await;
    let late = Change::ProbeFailed { index: 0, owner };
    let met = circuit.lose(circuit.start, &running, &late).await;
    assert_same(&met, &opened);
}
