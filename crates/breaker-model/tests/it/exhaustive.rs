//! Whole state spaces: every order of events, and every fault at every point.

use breaker_model::{Fault, Gate, Place, Scope, Sighting, Start};

use crate::worlds::{THREE, TWO, WAY_BACK, explore, place, world};

/// What can only be seen where something goes wrong.
fn with_faults(more: &[Sighting]) -> Vec<Sighting> {
    let mut expected = WAY_BACK.to_vec();
    expected.extend_from_slice(more);
    expected
}

#[test]
fn one_fault_anywhere_breaks_nothing_while_three_find_the_way_back() {
    let unique = explore(
        "three, half open, one fault",
        Scope {
            fault_count: 1,
            expected: with_faults(&[Sighting::Unreadable, Sighting::ProbeVoidedByOrder]),
            ..world(Start::HalfOpen, 1, &THREE)
        },
    );
    assert!(unique > 1_000_000, "only {unique} states");
}

#[test]
fn one_fault_anywhere_breaks_nothing_until_leases_are_over() {
    explore(
        "two, open, until leases are over, one fault",
        Scope {
            fault_count: 1,
            expected: with_faults(&[
                Sighting::Opened,
                Sighting::HalfOpened,
                Sighting::LateProbeRefused,
                Sighting::ThawedTooLate,
            ]),
            ..world(Start::Open, 6, &TWO)
        },
    );
}

#[test]
fn one_fault_anywhere_breaks_nothing_while_a_healthy_circuit_fails() {
    explore(
        "three, closed, one fault",
        Scope {
            fault_count: 1,
            gate: Gate::Used,
            expected: vec![
                Sighting::Opened,
                Sighting::LostTransitionConfirmed,
                Sighting::OldEpochRefused,
            ],
            ..world(Start::Closed, 1, &THREE)
        },
    );
}

#[test]
fn a_whole_life_breaks_nothing() {
    explore(
        "two, from closed to closed",
        Scope {
            expected: vec![
                Sighting::Opened,
                Sighting::HalfOpened,
                Sighting::ClosedByProbes,
                Sighting::Reopened,
                Sighting::OldEpochRefused,
            ],
            gate: Gate::Used,
            ..world(Start::Closed, 3, &[place(-500, 3), place(500, 2)])
        },
    );
}

#[test]
fn calls_of_one_process_that_overlap_break_nothing() {
    let overlapping = Place {
        lanes: 2,
        ..place(-500, 2)
    };
    explore(
        "two, two calls at once in one, one fault",
        Scope {
            fault_count: 1,
            expected: vec![
                Sighting::ClosedByProbes,
                Sighting::AllPlacesTaken,
                Sighting::OldViewOutvoted,
            ],
            ..world(Start::Open, 2, &[overlapping, place(500, 1)])
        },
    );
}

#[test]
fn processes_that_start_cold_and_read_the_past_break_nothing() {
    let cold = THREE.map(|place| Place {
        warm: false,
        ..place
    });
    explore(
        "three, cold, half open, one stale read",
        Scope {
            faults: vec![Fault::Stale],
            fault_count: 1,
            expected: vec![Sighting::ClosedByProbes, Sighting::TakenOver],
            ..world(Start::HalfOpen, 1, &cold)
        },
    );
}

/// Everything larger. `cargo test --profile local -p breaker-model -- --ignored
/// --nocapture`
mod larger {
    use super::*;

    #[test]
    #[ignore = "takes minutes"]
    fn two_faults_anywhere_break_nothing() {
        explore(
            "two, half open, two faults",
            Scope {
                fault_count: 2,
                expected: with_faults(&[Sighting::Unreadable, Sighting::ThawedTooLate]),
                ..world(Start::HalfOpen, 3, &TWO)
            },
        );
    }

    #[test]
    #[ignore = "takes minutes"]
    fn one_fault_anywhere_breaks_nothing_while_three_leave_open() {
        explore(
            "three, open, one fault",
            Scope {
                fault_count: 1,
                expected: vec![Sighting::ClosedByProbes, Sighting::Reopened],
                ..world(Start::Open, 2, &THREE)
            },
        );
    }

    #[test]
    #[ignore = "takes minutes"]
    fn one_fault_anywhere_breaks_nothing_in_a_longer_way_back() {
        explore(
            "three, half open, longer, one fault",
            Scope {
                fault_count: 1,
                expected: with_faults(&[Sighting::Opened, Sighting::Unreadable]),
                ..world(Start::HalfOpen, 2, &THREE)
            },
        );
    }

    #[test]
    #[ignore = "takes minutes"]
    fn one_fault_anywhere_breaks_nothing_in_a_whole_life() {
        explore(
            "two, from closed to closed, one fault",
            Scope {
                fault_count: 1,
                expected: vec![Sighting::ClosedByProbes, Sighting::Reopened],
                ..world(Start::Closed, 3, &[place(-500, 2), place(500, 2)])
            },
        );
    }
}
