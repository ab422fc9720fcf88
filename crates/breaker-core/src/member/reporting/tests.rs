//! What is told of a call, and when a process stops itself.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    member::{
        Admission, Operation, admission, counters::Counters, in_flight::InFlight,
        local_breaker::Opinion, steps::Steps,
    },
    policy::Policy,
    protocol::{Heartbeats, Lease, LeaseOwner, Slot, Suspicion, TrafficSlot},
    time::{Now, Timestamp},
};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn after_ms(ms: u64) -> Timestamp {
    START + Duration::from_millis(ms)
}

/// All calls are in a sample that is drawn by this.
fn steps() -> Steps {
    Steps::drawing(0.0)
}

fn showing(record: Record) -> State {
    let mut state = State::new(Arc::new(Counters::new(0)), Arc::new(InFlight::new(0)));
    state.on_strong_read(record, Epoch(0), &mut steps().at(START));
    state
}

fn closed(suspected: Option<Timestamp>) -> Record {
    Record {
        phase: Phase::Closed {
            since: Timestamp::default(),
            opened: Timestamp::default(),
            doubt: 0,
            suspected,
        },
        ..Record::default()
    }
}

/// As [`closed`], in a fleet of a hundred processes and a thousand calls a
/// second.
fn large(suspected: Option<Timestamp>) -> Record {
    let heartbeats = Heartbeats {
        arrivals: 20_000,
        contacts: 500,
        lifetime_ms: 2_000_000,
        refused: 0,
    };
    let mut record = closed(suspected);
    let slot = TrafficSlot(TrafficSlot::at(START).0 - 1);
    record.traffic.add(slot, heartbeats);
    record
}

/// A call ends that came at `now` and took no time.
fn call(state: &mut State, outcome: Outcome, now: Timestamp) -> Option<ReportRequest> {
    let permit = Permit {
        admitted: now.steady(),
        in_flight: false,
        kind: Kind::Ordinary(Measure::Counted(state.view.record().epoch)),
        beside: None,
    };
    end(permit, outcome, state, &mut steps().at(now))
}

fn change(request: &ReportRequest) -> Change {
    match request.operation() {
        Operation::Apply { change, .. } => change,
        Operation::Load(_) => panic!("a report, not a look"),
    }
}

/// What a request tells of the calls.
fn told(request: Option<ReportRequest>) -> Option<Counts> {
    let Change::Report(report) = change(&request?) else {
        panic!("a report, not another change");
    };
    let mut sum = Counts::default();
    report.tally.values().for_each(|counts| sum.add(*counts));
    Some(sum)
}

const FAILED: Counts = Counts {
    calls: 1,
    failures: 1,
    slow: 0,
    both: 0,
    alarms: 0,
};

#[test]
fn while_all_is_well_trouble_is_told_as_an_alarm_and_a_success_is_not() {
    let mut state = showing(closed(None));
    assert_eq!(told(call(&mut state, Outcome::Success, START)), None);
    for outcome in [Outcome::Failure, Outcome::Slow] {
        let alarm = told(call(&mut state, outcome, START));
        assert_eq!(alarm, Some(Counts::ALARM), "{outcome:?}");
    }
    assert_eq!(told(call(&mut state, Outcome::Ignored, START)), None);
}

#[test]
fn a_witness_tells_of_its_calls_whatever_becomes_of_them() {
    let mut state = showing(closed(Some(START)));
    let good = told(call(&mut state, Outcome::Success, START));
    assert_eq!(good, Some(Counts::SUCCESS));
    let bad = told(call(&mut state, Outcome::Failure, START));
    assert_eq!(bad, Some(FAILED));
    assert_eq!(told(call(&mut state, Outcome::Ignored, START)), None);
}

proptest! {
    /// Or what is told would be more, or less, failures than there are.
    #[test]
    fn whether_a_witness_tells_does_not_depend_on_the_outcome(
        draw in 0.0..1.0_f64,
        outcome in proptest::sample::select(vec![
            Outcome::Success,
            Outcome::Failure,
            Outcome::Slow,
            Outcome::RetryAfter(Duration::from_secs(1)),
        ]),
    ) {
        let mut state = showing(large(Some(START)));
        let share = state.sampled_share(&steps().at(START));
        prop_assert!(share < 0.1);
        let permit = Permit {
            admitted: START.steady(),
            in_flight: false,
            kind: Kind::Ordinary(Measure::Counted(Epoch(0))),
            beside: None,
        };
        let request = end(permit, outcome, &mut state, &mut Steps::drawing(draw).at(START));
        prop_assert_eq!(request.is_some(), draw < share);
    }
}

#[test]
fn the_report_that_makes_the_trouble_plain_raises_the_suspicion() {
    let mut state = showing(closed(None));
    let request = call(&mut state, Outcome::Failure, START).unwrap();
    let Change::Report(report) = change(&request) else {
        panic!("a report")
    };
    // Nothing is known of the traffic, so it may be thin.
    assert_eq!(report.suspicion, Some(Suspicion::Raised(START)));
    let mut state = showing(large(None));
    let request = call(&mut state, Outcome::Failure, START).unwrap();
    let Change::Report(report) = change(&request) else {
        panic!("a report")
    };
    assert_eq!(report.suspicion, None, "one of a thousand a second");
}

/// Fails once each `every_ms`, and gives when the process stopped itself.
fn trips(state: &mut State, every_ms: u64, at_most: u64) -> Option<u64> {
    let times = (0..at_most).map(|number| number * every_ms);
    times.into_iter().find(|&ms| {
        let _ = call(state, Outcome::Failure, after_ms(ms));
        state.local.is_tripped()
    })
}

#[test]
fn a_process_that_fails_alone_stops_itself_but_not_before_five_seconds() {
    let threshold = u64::from(Policy::default().local_failures);
    // Busy: the count is reached at once, and time decides.
    let mut state = showing(large(None));
    assert_eq!(trips(&mut state, 1, 10_000), Some(5_000));
    // Slow: the count decides.
    let mut state = showing(large(None));
    let all = (threshold - 1) * 1_000;
    assert_eq!(trips(&mut state, 1_000, 100), Some(all));
}

/// A process that stops itself is no witness any more.
#[test]
fn while_the_circuit_is_suspected_the_fleet_has_three_seconds_to_open_it() {
    let policy = Policy::default();
    let size = large(None).traffic.fleet_size(START).unwrap();
    let everybody_knows = policy.longest_refresh(size.processes).as_millis();
    let everybody_knows = u64::try_from(everybody_knows).unwrap();
    let mut state = showing(large(Some(START)));
    let stopped = trips(&mut state, 10, 10_000).unwrap();
    let fleet_had = everybody_knows + 3_000;
    assert!(
        (fleet_had..fleet_had + 10).contains(&stopped),
        "{stopped} ms"
    );
    // Known to all for long: its own five seconds decide.
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let mut state = showing(large(Some(hour_ago)));
    assert_eq!(trips(&mut state, 1, 10_000), Some(5_000));
}

/// The store showed so many failures of witnesses, each of which is 0.037 of
/// what opens the circuit, when the trouble had been known to all for long.
fn with_failures(failures: u64) -> State {
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let mut record = large(Some(hour_ago));
    let counts = Counts {
        calls: failures,
        failures,
        ..Counts::default()
    };
    let slot = Slot::at(START, &Policy::default());
    record.evidence.add(Epoch(0), &[(slot, counts)].into());
    showing(record)
}

#[test]
fn a_process_stops_itself_only_while_little_speaks_for_an_outage_of_all() {
    assert_eq!(trips(&mut with_failures(2), 1, 10_000), Some(5_000));
    assert_eq!(trips(&mut with_failures(3), 1, 10_000), None);
}

#[test]
fn a_blip_at_a_busy_process_stops_nothing() {
    let mut state = showing(large(None));
    for blip in 0..20 {
        for ms in 0..4_900 {
            let _ = call(&mut state, Outcome::Failure, after_ms(blip * 6_000 + ms));
        }
        let _ = call(&mut state, Outcome::Success, after_ms(blip * 6_000 + 4_900));
        assert!(!state.local.is_tripped());
    }
}

#[test]
fn a_process_that_fails_with_the_fleet_does_not_stop_itself() {
    let mut record = large(Some(START));
    let policy = Policy::default();
    for ago in 0..10 {
        let slot = Slot(Slot::at(START, &policy).0 - ago);
        let counts = Counts {
            calls: 30,
            failures: 30,
            ..Counts::default()
        };
        record.evidence.add(Epoch(0), &[(slot, counts)].into());
    }
    assert_eq!(trips(&mut showing(record), 1, 10_000), None);
}

/// A process that has lost the store.
fn alone() -> State {
    let mut state = showing(closed(None));
    // The second time after the pause that follows the first.
    for ms in [0, 250] {
        let error = StoreError::NoAnswer("timed out".to_owned());
        state.on_store_failure(&error, &mut steps().at(after_ms(ms)));
    }
    state
}

/// Nobody else can be asked, so the fleet's own rules hold for this process.
#[test]
fn without_the_store_as_many_failures_as_open_the_circuit_are_enough() {
    let mut state = alone();
    assert_eq!(trips(&mut state, 1, 100), Some(27));
    assert!(matches!(
        state.local.opinion(&steps().at(after_ms(28))),
        Opinion::Stop(_)
    ));
}

#[test]
fn without_the_store_five_failures_in_a_row_are_enough_if_they_take_four_seconds() {
    assert_eq!(trips(&mut alone(), 1_000, 100), Some(4_000));
    // More of them do not suffice sooner.
    assert_eq!(trips(&mut alone(), 500, 100), Some(4_000));
    // Nor fewer that take longer.
    assert_eq!(trips(&mut alone(), 3_000, 100), Some(12_000));
}

#[test]
fn without_the_store_a_process_stops_itself_where_more_fails_than_succeeds() {
    // How many calls it takes, of which so many of five fail.
    let trips = |failures: u64| {
        let mut state = alone();
        (0..10_000).find(|&number| {
            let outcome = if number % 5 < failures {
                Outcome::Failure
            } else {
                Outcome::Success
            };
            let _ = call(&mut state, outcome, after_ms(number * 10));
            state.local.is_tripped()
        })
    };
    // Three more than succeed in five, and 28 with the fifth failure of a row.
    assert_eq!(trips(4), Some(43));
    assert!(trips(3).is_some());
    assert_eq!(trips(2), None);
}

/// What a process tells in a slot: alarms while it is no witness.
fn slot_of(counts: Counts) -> crate::protocol::Tally {
    [(Slot::at(START, &Policy::default()), counts)].into()
}

fn is_look(request: &ReportRequest) -> bool {
    matches!(request.operation(), Operation::Load(_))
}

#[test]
fn a_process_that_has_looked_lately_tells_at_once_and_any_other_looks_first() {
    let mut state = showing(closed(None));
    let request = call(&mut state, Outcome::Failure, after_ms(999)).unwrap();
    assert!(!is_look(&request), "{request:?}");
    let mut state = showing(closed(None));
    let now = after_ms(1_000);
    let request = call(&mut state, Outcome::Failure, now).unwrap();
    assert!(is_look(&request), "{request:?}");
    let next = request.answer(Ok(closed(None)), &mut state, &mut steps().at(now));
    assert_eq!(told(next), Some(Counts::ALARM));
}

/// How many of so many failures are told by a process that looks first and
/// finds a record in whose present slot so many have been told.
fn told_beside(alarms: u64, failures: u64, draw: f64) -> u64 {
    let mut state = showing(large(None));
    let now = after_ms(60_000);
    let mut request = None;
    for _ in 0..failures {
        request = call(&mut state, Outcome::Failure, now);
    }
    let mut found = large(None);
    let slot = Slot::at(now, &Policy::default());
    let counts = Counts {
        alarms,
        ..Counts::default()
    };
    found.evidence.add(Epoch(0), &[(slot, counts)].into());
    let request = request.unwrap();
    assert!(is_look(&request));
    let next = request.answer(Ok(found), &mut state, &mut Steps::drawing(draw).at(now));
    next.and_then(|next| told(Some(next)))
        .map_or(0, |told| told.alarms)
}

/// A sample of 75 a second is 37.5 in half a second, and nobody tells beyond two.
#[test]
fn what_is_told_after_a_look_is_thinned_by_what_others_told_meanwhile() {
    assert_eq!(told_beside(0, 10, 0.99), 10);
    assert_eq!(told_beside(37, 10, 0.99), 10);
    assert_eq!(told_beside(60, 10, 0.39), 10);
    assert_eq!(told_beside(60, 10, 0.41), 0);
    assert_eq!(told_beside(75, 10, 0.0), 0);
    assert_eq!(told_beside(9_999, 10, 0.0), 0);
}

proptest! {
    /// However many processes tell, one after the other, and whatever they saw
    /// before.
    #[test]
    fn no_slot_is_told_more_than_twice_the_sample(
        tallies in proptest::collection::vec((0..75_u64, 0..75_u64), 1..40),
        seed in any::<u64>(),
    ) {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut record = large(Some(START));
        for (good, bad) in tallies {
            let mut state = showing(record.clone());
            let counts = Counts { calls: good.max(bad), failures: bad, ..Counts::default() };
            state.unreported.put_back(&slot_of(counts));
            let mut steps = Steps::drawing(chance.f64());
            let Some(contact) = Contact::tell(&mut state, &mut steps.at(START)) else {
                continue;
            };
            let request = ReportRequest::new(Reporting::Contact(contact));
            record = record.after(&change(&request), START);
            let told: u64 = record.evidence.0.values().map(|told| told.calls).sum();
            // A draw is all or nothing here: the last to tell may have all of his.
            prop_assert!(told <= 2 * 75, "{} calls of one slot", told);
        }
    }
}

/// Contacts of a fleet that look healthy in all else.
fn of_contacts(contacts: u64) -> Record {
    let heartbeats = Heartbeats {
        arrivals: 20_000,
        contacts,
        lifetime_ms: 2_000_000,
        refused: 0,
    };
    let mut record = closed(None);
    let slot = TrafficSlot(TrafficSlot::at(START).0 - 1);
    record.traffic.add(slot, heartbeats);
    record
}

/// Or a fleet that has just grown tells a hundred heartbeats a second by what
/// each process knew before.
#[test]
fn whether_a_look_is_followed_by_a_heartbeat_is_drawn_by_the_record_that_it_found() {
    let tells = |known: u64, found: u64| {
        let mut state = showing(of_contacts(known));
        state.unreported.arrive();
        let now = after_ms(8_000);
        let contact = Contact::begin(&mut state, &mut steps().at(now));
        let request = ReportRequest::new(Reporting::Contact(contact));
        assert!(is_look(&request));
        let mut steps = Steps::drawing(0.5);
        request
            .answer(Ok(of_contacts(found)), &mut state, &mut steps.at(now))
            .is_some()
    };
    let (few, many) = (10, 100_000);
    assert!(tells(few, few));
    assert!(!tells(few, many));
    assert!(tells(many, few));
    assert!(!tells(many, many));
}

fn half_open(successes: u32, failures: u32) -> Record {
    let owner = LeaseOwner(1);
    let lease = Lease {
        owner,
        expires: START + Duration::from_secs(12),
    };
    Record {
        epoch: Epoch(2),
        phase: Phase::HalfOpen {
            since: START,
            opened: START,
            reopens: 0,
            doubt: 0,
            successes,
            failures,
            leases: [(0, lease)].into(),
        },
        ..Record::default()
    }
}

/// What the end of a probe asks the store for.
fn probe(granted: Record, known: Record, outcome: Outcome) -> Change {
    let mut state = showing(known);
    let probe = Probe {
        granted: Arc::new(granted),
        index: 0,
        owner: LeaseOwner(1),
        limit: None,
    };
    let permit = Permit {
        admitted: START.steady(),
        in_flight: false,
        kind: Kind::Probe(Box::new(probe)),
        beside: None,
    };
    change(&end(permit, outcome, &mut state, &mut steps().at(START)).unwrap())
}

#[test]
fn a_failed_probe_counts_against_the_successes_that_are_known() {
    let (index, owner) = (0, LeaseOwner(1));
    let counted = Change::ProbeFailed { index, owner };
    let granted = half_open(0, 0);
    // What the others found since the lease was given is known.
    let found = probe(granted.clone(), half_open(1, 0), Outcome::Failure);
    assert_eq!(found, counted);
    for known in [half_open(0, 0), half_open(1, 1)] {
        let found = probe(granted.clone(), known, Outcome::Failure);
        assert!(
            matches!(
                found,
                Change::Transition {
                    to: Phase::Open { .. },
                    ..
                }
            ),
            "{found:?}"
        );
    }
    // Of another epoch it is void.
    let elsewhere = Record {
        epoch: Epoch(4),
        ..half_open(9, 0)
    };
    let found = probe(granted.clone(), elsewhere, Outcome::Failure);
    assert!(matches!(found, Change::Transition { .. }), "{found:?}");
    let found = probe(granted.clone(), granted, Outcome::Success);
    assert_eq!(found, Change::ProbeSucceeded { index, owner });
}

/// A fleet in whose present slot so many calls have been told of as alarms.
fn told_already(alarms: u64) -> Record {
    let mut record = large(None);
    let counts = Counts {
        alarms,
        ..Counts::default()
    };
    record.evidence.add(Epoch(0), &slot_of(counts));
    record
}

#[test]
fn a_report_that_meets_another_write_each_time_is_left_to_the_next_call() {
    let mut state = showing(Record {
        traffic: closed(None).traffic,
        ..told_already(5)
    });
    let mut next = call(&mut state, Outcome::Failure, START);
    let mut asked = 0;
    while let Some(request) = next {
        asked += 1;
        assert!(asked <= 3, "it goes on for ever");
        next = request.answer(
            Err(StoreError::Contended),
            &mut state,
            &mut steps().at(START),
        );
    }
    assert!(state.unreported.has_trouble(), "the next call tells");
}

#[test]
fn where_a_slot_has_been_told_enough_of_the_rest_of_its_calls_asks_nothing() {
    let mut state = showing(told_already(75));
    let ended = (0..1_000).filter_map(|_| call(&mut state, Outcome::Failure, START));
    let asked = ended.count();
    assert!(asked <= 2, "{asked} requests");
}

/// A call that is admitted without asking the store.
fn begin(state: &mut State, now: Timestamp) -> Permit {
    match admission::begin(state, &mut steps().at(now)) {
        Admission::Admitted(permit) => permit,
        other => panic!("{other:?}"),
    }
}

/// A process that has stopped itself, and when its first trial may begin.
fn stopped() -> (State, Timestamp) {
    let mut state = showing(large(None));
    let stopped = trips(&mut state, 1, 10_000).unwrap();
    let _ = state.unreported.take_tally();
    let now = after_ms(stopped + 5_000);
    state.on_strong_read(large(None), Epoch(0), &mut steps().at(now));
    (state, now)
}

#[test]
fn a_trial_that_ends_after_its_epoch_says_nothing() {
    let (mut state, now) = stopped();
    let trial = begin(&mut state, now);
    let next_epoch = Record {
        epoch: Epoch(1),
        ..large(None)
    };
    state.on_strong_read(next_epoch, Epoch(0), &mut steps().at(now));
    let told = end(trial, Outcome::Failure, &mut state, &mut steps().at(now));
    assert!(told.is_none(), "{told:?}");
    assert!(!state.local.is_tripped());
    let _ = begin(&mut state, now);
}

#[test]
fn a_trial_that_another_has_taken_the_place_of_stops_nothing() {
    let (mut state, now) = stopped();
    let late = begin(&mut state, now);
    let now = now + steps().policy.probe_timeout;
    state.on_strong_read(large(None), Epoch(0), &mut steps().at(now));
    let trial = begin(&mut state, now);
    let _ = end(trial, Outcome::Success, &mut state, &mut steps().at(now));
    assert!(!state.local.is_tripped());
    let _ = end(late, Outcome::Failure, &mut state, &mut steps().at(now));
    assert!(!state.local.is_tripped());
}

/// Until when a circuit is open of whose probes one has succeeded, after
/// another has ended like this; `None` if it stays half open.
fn open_until(outcome: Outcome) -> Option<Timestamp> {
    let (index, owner) = (0, LeaseOwner(1));
    let lease = Lease {
        owner,
        expires: after_ms(8_000),
    };
    let granted = Record {
        epoch: Epoch(3),
        phase: Phase::HalfOpen {
            since: START,
            opened: START,
            reopens: 0,
            doubt: 0,
            successes: 1,
            failures: 0,
            leases: [(index, lease)].into(),
        },
        ..Record::default()
    };
    let mut state = showing(granted.clone());
    let permit = Permit {
        admitted: START.steady(),
        in_flight: false,
        kind: Kind::Probe(Box::new(Probe {
            granted: Arc::new(granted.clone()),
            index,
            owner,
            limit: None,
        })),
        beside: None,
    };
    let request = end(permit, outcome, &mut state, &mut steps().at(START)).unwrap();
    match granted.after(&change(&request), START).phase {
        Phase::Open { until, .. } => Some(until),
        Phase::HalfOpen { .. } => None,
        phase @ Phase::Closed { .. } => panic!("{phase:?}"),
    }
}

#[test]
fn a_probe_that_is_asked_to_stay_away_opens_the_circuit_although_successes_lead() {
    let asked = |seconds| open_until(Outcome::RetryAfter(Duration::from_secs(seconds)));
    assert_eq!(open_until(Outcome::Failure), None);
    assert_eq!(asked(30), Some(after_ms(30_000)));
    let longest = Policy::default().open_for_max;
    assert_eq!(asked(86_400), Some(START + longest));
}

/// Whether a process without the store stops itself, and whether a fleet opens
/// its circuit, by the same calls: one each 50 ms, `failures` of 20 fail.
fn verdicts(threshold: f64, failures: u64) -> (bool, bool) {
    let mut steps = steps();
    steps.policy = Policy {
        failure_rate_threshold: threshold,
        slow_rate_threshold: threshold,
        rate_margin: 0.05,
        ..Policy::default()
    };
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let mut record = closed(Some(hour_ago));
    let mut state = alone();
    let mut verdicts = (false, false);
    for number in 0..400 {
        let now = after_ms(number * 50);
        // As evenly as they go.
        let is_failure = (number + 1) * failures / 20 > number * failures / 20;
        let (outcome, counts) = if is_failure {
            (Outcome::Failure, FAILED)
        } else {
            (Outcome::Success, Counts::SUCCESS)
        };
        let permit = Permit {
            admitted: now.steady(),
            in_flight: false,
            kind: Kind::Ordinary(Measure::Counted(Epoch(0))),
            beside: None,
        };
        let _ = end(permit, outcome, &mut state, &mut steps.at(now));
        let slot = Slot::at(now, &steps.policy);
        record.evidence.add(Epoch(0), &[(slot, counts)].into());
        let opening = state.opening(&mut steps.at(now));
        verdicts.0 |= state.local.is_tripped();
        verdicts.1 |= record.due(&steps.policy, now, opening).is_some();
    }
    verdicts
}

#[test]
fn without_the_store_a_process_judges_as_the_fleet_does() {
    for (threshold, well, failing) in [(0.1, 1, 5), (0.5, 8, 14), (0.9, 16, 20)] {
        assert_eq!(verdicts(threshold, well), (false, false), "{threshold}");
        assert_eq!(verdicts(threshold, failing), (true, true), "{threshold}");
    }
}
