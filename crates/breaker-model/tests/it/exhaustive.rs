//! Whole state spaces: every order of events, and every fault at every point.

use breaker_model::{Coverage, Fault, Gate, Place, Scope, Start};

use crate::worlds::{THREE, TWO, WAY_BACK, explore, place, world};

/// What can only be seen where something goes wrong.
fn with_faults(more: &[Coverage]) -> Vec<Coverage> {
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
            expected: with_faults(&[
                Coverage::Unreadable,
                Coverage::ProbeVoidedByOverride,
                Coverage::ProbeFailureOutweighed,
                Coverage::ClosedDespiteFailure,
            ]),
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
                Coverage::HalfOpened,
                Coverage::LateProbeRefused,
                Coverage::ThawedTooLate,
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
            starts: vec![Start::Closed, Start::Suspected],
            fault_count: 1,
            gate: Gate::Used,
            expected: vec![
                Coverage::Opened,
                Coverage::LostTransitionConfirmed,
                Coverage::OldEpochRefused,
                Coverage::SuspicionRaised,
                Coverage::SuspicionRaisedTwice,
                Coverage::SuspicionCleared,
            ],
            ..world(Start::Closed, 1, &THREE)
        },
    );
}

#[test]
fn one_fault_anywhere_breaks_nothing_in_a_circuit_that_is_in_doubt() {
    explore(
        "two, half open in doubt, one fault",
        Scope {
            fault_count: 1,
            expected: vec![
                Coverage::ClosedByProbes,
                Coverage::ProbeFailureOutweighed,
                Coverage::AllPlacesTaken,
                Coverage::LateRequestDone,
            ],
            ..world(Start::InDoubt, 2, &TWO)
        },
    );
}

#[test]
fn a_whole_life_breaks_nothing() {
    explore(
        "two, from closed to closed",
        Scope {
            expected: vec![
                Coverage::Opened,
                Coverage::HalfOpened,
                Coverage::ClosedByProbes,
                Coverage::Reopened,
                Coverage::OldEpochRefused,
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
                Coverage::ClosedByProbes,
                Coverage::AllPlacesTaken,
                Coverage::OldViewOutvoted,
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
            expected: vec![Coverage::ClosedByProbes, Coverage::TakenOver],
            ..world(Start::HalfOpen, 1, &cold)
        },
    );
}

/// Overrides that are on their way, beside `faults - 1` others of these kinds.
fn overridden(start: Start, ticks: u8, places: &[Place], kinds: &[Fault], faults: u8) -> Scope {
    Scope {
        faults: kinds.to_vec(),
        fault_count: faults,
        ..world(start, ticks, places)
    }
}

/// What an override meets while the circuit goes from open to closed.
const OVERRIDDEN_ON_THE_WAY_BACK: [Coverage; 6] = [
    Coverage::OverridePlaced,
    Coverage::OverrideWithdrawn,
    Coverage::LostOverrideConfirmed,
    Coverage::OverrideWrittenAgain,
    Coverage::HalfOpened,
    Coverage::ProbeVoidedByOverride,
];

/// What it meets while a healthy circuit fails.
const OVERRIDDEN_WHILE_OPENING: [Coverage; 5] = [
    Coverage::OverridePlaced,
    Coverage::OverrideWithdrawn,
    Coverage::LostOverrideConfirmed,
    Coverage::LateRequestDone,
    Coverage::Opened,
];

#[test]
fn an_override_whose_answer_is_lost_is_certain_while_the_circuit_moves_on() {
    let kinds = [Fault::Overridden, Fault::Lost];
    explore(
        "two, open, an override and a lost answer",
        Scope {
            expected: OVERRIDDEN_ON_THE_WAY_BACK.to_vec(),
            ..overridden(Start::Open, 2, &TWO, &kinds, 2)
        },
    );
}

#[test]
fn an_override_whose_answer_is_lost_or_late_is_certain_while_a_healthy_circuit_fails() {
    let kinds = [Fault::Overridden, Fault::Lost, Fault::Slow];
    explore(
        "one, closed, an override and a lost or late answer",
        Scope {
            expected: OVERRIDDEN_WHILE_OPENING.to_vec(),
            gate: Gate::Used,
            ..overridden(Start::Closed, 2, &[place(0, 3)], &kinds, 2)
        },
    );
}

/// The same in larger worlds, which take minutes: `cargo xtask test --thorough`.
mod larger {
    use super::*;
    use crate::worlds::has_time;

    /// Every fault that an override on its way can meet.
    const KINDS: [Fault; 6] = [
        Fault::Overridden,
        Fault::Lost,
        Fault::Slow,
        Fault::Contended,
        Fault::Unreadable,
        Fault::Crashed,
    ];

    #[test]
    fn an_override_that_is_lost_anywhere_is_certain_while_the_circuit_moves_on() {
        if !has_time() {
            return;
        }
        explore(
            "two, open, an override and one fault",
            Scope {
                expected: OVERRIDDEN_ON_THE_WAY_BACK.to_vec(),
                ..overridden(Start::Open, 3, &TWO, &KINDS, 2)
            },
        );
    }

    #[test]
    fn an_override_that_is_lost_anywhere_is_certain_while_a_healthy_circuit_fails() {
        if !has_time() {
            return;
        }
        explore(
            "one, closed, an override and two faults",
            Scope {
                expected: OVERRIDDEN_WHILE_OPENING.to_vec(),
                gate: Gate::Used,
                ..overridden(Start::Closed, 2, &[place(0, 3)], &KINDS, 3)
            },
        );
    }

    #[test]
    fn two_faults_anywhere_break_nothing() {
        if !has_time() {
            return;
        }
        explore(
            "two, half open, two faults",
            Scope {
                fault_count: 2,
                expected: with_faults(&[Coverage::Unreadable, Coverage::ThawedTooLate]),
                ..world(Start::HalfOpen, 3, &TWO)
            },
        );
    }

    #[test]
    fn one_fault_anywhere_breaks_nothing_while_three_leave_open() {
        if !has_time() {
            return;
        }
        explore(
            "three, open, one fault",
            Scope {
                fault_count: 1,
                expected: vec![Coverage::ClosedByProbes, Coverage::Reopened],
                ..world(Start::Open, 2, &THREE)
            },
        );
    }

    #[test]
    fn one_fault_anywhere_breaks_nothing_in_a_longer_way_back() {
        if !has_time() {
            return;
        }
        explore(
            "three, half open, longer, one fault",
            Scope {
                fault_count: 1,
                expected: with_faults(&[Coverage::ClosedDespiteFailure, Coverage::Unreadable]),
                ..world(Start::HalfOpen, 2, &THREE)
            },
        );
    }

    #[test]
    fn one_fault_anywhere_breaks_nothing_in_a_whole_life() {
        if !has_time() {
            return;
        }
        explore(
            "two, from a suspicion to closed, one fault",
            Scope {
                fault_count: 1,
                expected: vec![Coverage::ClosedByProbes, Coverage::Reopened],
                ..world(Start::Suspected, 3, &[place(-500, 2), place(500, 2)])
            },
        );
    }
}
