//! What the checker would have found: each rule broken on purpose.
//!
//! A counterexample here shows that the rule can be broken at all, that the
//! model gets to where it is, and that it is noticed.

use breaker_model::{Driver, Fault, Rule, Scope, Start, Store};

use crate::worlds::{THREE, TWO, counterexample, place, world};

fn without(store: Store, start: Start) -> Scope {
    Scope {
        store,
        ..world(start, 1, &TWO)
    }
}

fn driven_by(driver: Driver, fault: Fault, start: Start) -> Scope {
    Scope {
        driver,
        faults: vec![fault],
        fault_count: 1,
        ..world(start, 1, &TWO)
    }
}

#[track_caller]
fn caught(rule: Rule, scope: Scope) {
    let sound = Scope {
        store: Store::Fenced,
        driver: Driver::Honest,
        ..scope.clone()
    };
    assert_eq!(counterexample(rule, sound), None, "it fails anyway");
    let history = counterexample(rule, scope).expect("a counterexample");
    println!("{}, after {} steps", rule.name(), history.len());
}

#[test]
fn without_epochs_what_is_stale_has_an_effect() {
    caught(
        Rule::StaleChangesNothing,
        without(Store::WithoutEpochs, Start::HalfOpen),
    );
}

#[test]
fn without_epochs_a_late_transition_takes_the_epoch_back() {
    caught(
        Rule::EpochsRiseByOne,
        without(Store::WithoutEpochs, Start::HalfOpen),
    );
}

#[test]
fn without_epochs_a_late_result_moves_a_circuit_that_has_moved_on() {
    caught(
        Rule::MovesAreLegal,
        without(Store::WithoutEpochs, Start::HalfOpen),
    );
}

#[test]
fn without_epochs_counts_of_another_epoch_become_evidence() {
    let scope = Scope {
        store: Store::WithoutEpochs,
        ..world(Start::Suspected, 1, &THREE)
    };
    caught(Rule::CountsOnce, scope);
}

#[test]
fn without_lease_conditions_two_calls_share_a_place() {
    caught(
        Rule::LeasesAreBounded,
        without(Store::WithoutLeases, Start::HalfOpen),
    );
}

#[test]
fn without_lease_conditions_a_probe_loses_its_place_while_it_is_under_way() {
    caught(
        Rule::ProbesHoldTheirLeases,
        without(Store::WithoutLeases, Start::HalfOpen),
    );
}

#[test]
fn without_lease_conditions_a_probe_that_lost_its_lease_has_a_say() {
    let scope = Scope {
        store: Store::WithoutLeases,
        faults: vec![Fault::Frozen],
        fault_count: 1,
        ..world(Start::HalfOpen, 6, &TWO)
    };
    caught(Rule::StaleChangesNothing, scope);
}

#[test]
fn without_failures_of_probes_others_outweigh_what_nobody_knows() {
    caught(
        Rule::FailedProbesCount,
        without(Store::WithoutFailures, Start::HalfOpen),
    );
}

#[test]
fn alarms_taken_for_what_witnesses_told_open_the_circuit() {
    let scope = Scope {
        store: Store::AlarmsAsFailures,
        ..world(Start::Closed, 1, &THREE)
    };
    caught(Rule::OnlyWitnessesOpen, scope);
}

#[test]
fn failures_of_one_moment_that_are_spread_over_slots_open_the_circuit() {
    let scope = Scope {
        store: Store::MomentsAsOutages,
        ..world(Start::Suspected, 1, &THREE)
    };
    caught(Rule::OutagesFillSlots, scope);
}

#[test]
fn a_suspicion_that_anybody_may_raise_anew_never_grows_old() {
    caught(
        Rule::SuspicionsStand,
        without(Store::SuspicionsAnew, Start::Closed),
    );
}

#[test]
fn a_circuit_that_opens_anew_with_each_attempt_forgets_when_it_opened() {
    caught(
        Rule::OpeningIsRemembered,
        without(Store::OpeningsAnew, Start::Open),
    );
}

#[test]
fn a_circuit_that_closes_after_half_of_the_successes_is_caught() {
    for start in [Start::HalfOpen, Start::InDoubt] {
        let scope = Scope {
            driver: Driver::ClosesEarly,
            ..world(start, 1, &TWO)
        };
        caught(Rule::OnlySuccessesClose, scope);
    }
}

#[test]
fn a_lost_answer_taken_as_lost_counts_calls_twice() {
    let scope = Scope {
        places: vec![place(0, 2)],
        ..driven_by(Driver::DoubtAsLost, Fault::Lost, Start::Closed)
    };
    caught(Rule::CountsOnce, scope);
}

#[test]
fn a_lost_answer_taken_as_lost_is_not_read_back() {
    caught(
        Rule::DoubtIsReadBack,
        driven_by(Driver::DoubtAsLost, Fault::Lost, Start::HalfOpen),
    );
}

#[test]
fn a_lost_answer_taken_as_made_starts_a_probe_without_a_lease() {
    caught(
        Rule::ProbesHoldTheirLeases,
        driven_by(Driver::DoubtAsMade, Fault::Lost, Start::HalfOpen),
    );
}

/// An operator's override meets one fault.
fn overridden(driver: Driver) -> Scope {
    Scope {
        driver,
        places: vec![place(0, 1)],
        faults: vec![Fault::Overridden, Fault::Lost],
        fault_count: 2,
        ..world(Start::Closed, 1, &TWO)
    }
}

#[test]
fn a_lost_override_taken_as_lost_is_in_force_though_it_is_said_to_have_failed() {
    caught(Rule::OverridesAreCertain, overridden(Driver::DoubtAsLost));
}

#[test]
fn a_lost_override_taken_as_made_is_said_to_be_in_force_though_it_is_not() {
    caught(Rule::OverridesAreCertain, overridden(Driver::DoubtAsMade));
}

#[test]
fn a_lost_override_taken_as_lost_is_not_read_back() {
    caught(Rule::DoubtIsReadBack, overridden(Driver::DoubtAsLost));
}

#[test]
fn a_cancelled_probe_taken_as_a_success_closes_the_circuit() {
    caught(
        Rule::OnlySuccessesClose,
        driven_by(Driver::NothingAsSuccess, Fault::Cancelled, Start::HalfOpen),
    );
}

#[test]
fn an_unreadable_record_taken_as_closed_makes_a_process_forget() {
    caught(
        Rule::UnreadableKeepsTheLastKnown,
        driven_by(
            Driver::UnreadableAsClosed,
            Fault::Unreadable,
            Start::Suspected,
        ),
    );
}

#[test]
fn a_process_that_the_store_leaves_alone_tries_by_itself_in_the_end() {
    let scope = Scope {
        driver: Driver::StoreAway,
        ..world(Start::Open, 7, &[place(0, 3)])
    };
    caught(Rule::OnlyProbesPassWhileNotClosed, scope);
}

#[test]
fn a_clock_that_is_further_off_than_allowed_takes_a_lease_too_early() {
    let apart = |ms| Scope {
        ..world(Start::Open, 6, &[place(-500, 1), place(ms, 1)])
    };
    let rule = Rule::ProbesHoldTheirLeases;
    let slow = |scope| Scope {
        faults: vec![Fault::Slow],
        fault_count: 1,
        ..scope
    };
    assert_eq!(counterexample(rule, slow(apart(500))), None);
    let history = counterexample(rule, slow(apart(2_500))).expect("a counterexample");
    println!("{}, after {} steps", rule.name(), history.len());
}
