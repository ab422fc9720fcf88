//! Calls that hang are counted as slow before they end, and once.

use std::time::Duration;

use super::*;
use crate::protocol::{Counts, Phase};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn after_ms(ms: u64) -> Timestamp {
    START + Duration::from_millis(ms)
}

/// A closed circuit that is suspected: its witnesses tell of every call.
fn suspected() -> Record {
    Record {
        phase: Phase::Closed {
            since: Timestamp::default(),
            opened: Timestamp::default(),
            doubt: 0,
            suspected: Some(START),
        },
        ..Record::default()
    }
}

/// A process whose record is always as new as the time.
struct Process {
    member: Member,
    record: Record,
}

impl Process {
    fn knowing(record: Record) -> Self {
        let member = Member::new(Policy::default(), Seeded::new(1)).unwrap();
        let mut process = Self { member, record };
        process.look(START);
        process
    }

    fn look(&mut self, now: Timestamp) {
        let known = self.member.known_epoch();
        self.member.on_strong_read(self.record.clone(), known, now);
    }

    /// A call that is made.
    fn call(&self, now: Timestamp) -> (Permit, InFlightPermit) {
        let Admission::Admitted(mut permit) = self.member.begin(now) else {
            panic!("the circuit is closed");
        };
        let under_way = self.member.make(&mut permit).unwrap();
        (permit, under_way)
    }

    /// What the fleet is told by a call that comes and succeeds at `now`, its
    /// own success left out.
    fn told_by_another(&mut self, now: Timestamp) -> Counts {
        self.look(now);
        let Admission::Admitted(mut permit) = self.member.begin(now) else {
            panic!("the circuit is closed");
        };
        let beside = permit.take_report();
        let mut told = beside.map_or_else(Counts::default, |request| told(&request));
        if let Some(request) = self.member.end(permit, Outcome::Success, now) {
            told.add(self::told(&request));
        }
        told.calls -= u64::from(self.record.suspected().is_some());
        told
    }
}

fn told(request: &ReportRequest) -> Counts {
    let mut sum = Counts::default();
    if let Operation::Apply {
        change: Change::Report(report),
        ..
    } = request.operation()
    {
        report.tally.values().for_each(|counts| sum.add(*counts));
    }
    sum
}

#[test]
fn a_call_that_hangs_is_told_once_and_not_again_when_it_ends() {
    let mut process = Process::knowing(suspected());
    let (hangs, _) = process.call(START);
    assert_eq!(process.told_by_another(after_ms(2_900)), Counts::default());
    assert_eq!(process.told_by_another(after_ms(4_100)), Counts::SLOW);
    for ms in [4_100, 6_000, 9_000] {
        assert_eq!(process.told_by_another(after_ms(ms)), Counts::default());
    }
    // It has been told, whatever becomes of it.
    process.look(after_ms(10_000));
    let end = process
        .member
        .end(hangs, Outcome::Failure, after_ms(10_000));
    let again = end.map_or_else(Counts::default, |request| told(&request));
    assert_eq!(again, Counts::default());
    assert_eq!(process.told_by_another(after_ms(11_000)), Counts::default());
}

/// Before everybody is a witness it is an alarm, as any other slow call.
#[test]
fn a_call_that_hangs_while_all_is_well_is_an_alarm() {
    let record = Record {
        phase: Phase::closed(Timestamp::default()),
        ..Record::default()
    };
    let mut process = Process::knowing(record);
    let (_hangs, _) = process.call(START);
    // A call that looks for those that hang, beside which nothing is asked.
    let told = |process: &mut Process, ms| {
        let Admission::Admitted(mut permit) = process.member.begin(after_ms(ms)) else {
            panic!("the circuit is closed");
        };
        let request = permit.take_report()?;
        let found = Ok(process.record.clone());
        let told = process.member.answer_report(request, found, after_ms(ms))?;
        Some(self::told(&told))
    };
    assert_eq!(told(&mut process, 4_100), Some(Counts::ALARM));
    process.look(after_ms(5_000));
    assert_eq!(told(&mut process, 6_100), None);
}

#[test]
fn a_call_that_is_slow_but_was_not_counted_is_told_when_it_ends() {
    let mut process = Process::knowing(suspected());
    let (slow, _) = process.call(START);
    process.look(after_ms(3_000));
    let end = process.member.end(slow, Outcome::Success, after_ms(3_000));
    assert_eq!(end.map(|request| told(&request)), Some(Counts::SLOW));
    assert_eq!(process.told_by_another(after_ms(6_000)), Counts::default());
}

#[test]
fn a_call_that_was_given_up_does_not_hang() {
    let mut process = Process::knowing(suspected());
    let (permit, under_way) = process.call(START);
    drop(permit);
    process.member.give_up(under_way);
    for ms in [4_100, 8_000] {
        assert_eq!(process.told_by_another(after_ms(ms)), Counts::default());
    }
}

#[test]
fn calls_that_hang_are_told_beside_others_that_ended() {
    let mut process = Process::knowing(suspected());
    let hang: Vec<_> = (0..5).map(|_| process.call(START)).collect();
    for _ in 0..20 {
        let (permit, _) = process.call(START);
        let _ = process.member.end(permit, Outcome::Ignored, START);
    }
    let told = process.told_by_another(after_ms(4_100));
    assert_eq!((told.calls, told.slow), (5, 5));
    drop(hang);
}

/// It was admitted by order of an operator, or in another epoch.
#[test]
fn a_call_that_hung_when_the_epoch_began_is_no_evidence_about_it() {
    let mut process = Process::knowing(suspected());
    let (_hangs, _) = process.call(START);
    process.record.epoch = Epoch(2);
    process.look(after_ms(1_000));
    assert_eq!(process.told_by_another(after_ms(4_100)), Counts::default());
}

/// A call comes each tenth of a second and ends like this: after how many
/// milliseconds the store is first asked. The view is fresh for six seconds.
fn first_to_look(process: &Process, outcome: Outcome) -> u64 {
    let asks = |&ms: &u64| match process.member.begin(after_ms(ms)) {
        Admission::Admitted(mut permit) => {
            let report = permit.take_report();
            let _ = process.member.end(permit, outcome, after_ms(ms));
            report.is_some()
        }
        Admission::Rejected(_) | Admission::Pending(_) => true,
    };
    (1..100).map(|tenth| tenth * 100).find(asks).unwrap()
}

/// Else what hangs would be seen when it ends, for nothing else asks.
#[test]
fn calls_that_pass_the_gate_are_followed_by_one_that_looks() {
    let record = Record {
        phase: Phase::closed(Timestamp::default()),
        ..Record::default()
    };
    let process = Process::knowing(record);
    let (_hangs, _) = process.call(START);
    let seen = first_to_look(&process, Outcome::Success);
    assert!((3_000..=5_100).contains(&seen), "after {seen} ms");
}

/// Each of them makes the process decide anew for how long nothing is to be done.
#[test]
fn calls_that_prove_nothing_do_not_hide_those_that_hang() {
    let record = Record {
        phase: Phase::closed(Timestamp::default()),
        ..Record::default()
    };
    let process = Process::knowing(record);
    let (_hangs, _) = process.call(START);
    let seen = first_to_look(&process, Outcome::Ignored);
    assert!((3_000..=5_100).contains(&seen), "after {seen} ms");
}
