//! One process, step by step, with the store's answers chosen by the test.

use std::time::Duration;

use breaker_core::{
    Epoch, Outcome, Override, OverrideMode, Policy, Record, RejectionReason, StoreError, Timestamp,
    member::{
        Admission, AdmissionRequest, Member, Operation, OverrideRequest, OverrideStep, Permit,
        Seeded,
    },
    protocol::{Change, Conflict, Phase},
};

const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);

fn later(ms: u64) -> Timestamp {
    NOW + Duration::from_millis(ms)
}

fn record(epoch: u64, phase: Phase) -> Record {
    Record {
        epoch: Epoch(epoch),
        phase,
        ..Record::default()
    }
}

fn open_until(until: Timestamp) -> Phase {
    Phase::Open {
        since: NOW,
        opened: NOW,
        until,
        reopens: 0,
        doubt: 0,
    }
}

fn knows(record: Record) -> Member {
    let member = Member::new(Policy::default(), Seeded::new(1)).unwrap();
    member.on_strong_read(record, member.known_epoch(), NOW);
    member
}

/// What a call asks first.
fn request(admission: Admission) -> AdmissionRequest {
    match admission {
        Admission::Pending(request) => request,
        other => panic!("{other:?}"),
    }
}

fn rejection(admission: Admission) -> RejectionReason {
    match admission {
        Admission::Rejected(rejection) => rejection.reason,
        other => panic!("{other:?}"),
    }
}

/// What the store makes of an operation.
fn done(operation: Operation) -> Record {
    match operation {
        Operation::Apply { basis, change } => basis.apply(basis.epoch, &change, NOW).unwrap(),
        Operation::Load(reading) => panic!("{reading:?}"),
    }
}

fn lease_expires(request: &AdmissionRequest) -> Timestamp {
    match request.operation() {
        Operation::Apply {
            change:
                Change::Transition {
                    to: Phase::HalfOpen { leases, .. },
                    ..
                },
            ..
        } => leases[&0].expires,
        other => panic!("{other:?}"),
    }
}

fn no_answer() -> StoreError {
    StoreError::NoAnswer("timed out".to_owned())
}

#[test]
fn a_lease_of_an_epoch_that_is_known_to_be_over_is_no_lease() {
    let member = knows(record(1, open_until(NOW)));
    let asked = request(member.begin(later(1)));
    let granted = done(asked.operation());
    // The other probe failed, and another call of this process has heard so.
    member.on_strong_read(
        record(3, open_until(later(5_000))),
        member.known_epoch(),
        later(2),
    );
    let admission = member.answer_admission(asked, Ok(granted), later(3));
    assert_eq!(rejection(admission), RejectionReason::Open);
}

#[test]
fn a_call_that_bids_for_a_lease_and_meets_an_override_obeys_the_override() {
    let member = knows(record(1, open_until(NOW)));
    let asked = request(member.begin(later(1)));
    let overridden = Record {
        standing_override: Some(Override {
            mode: OverrideMode::ForceOpen,
            reason: "drill".to_owned(),
            actor: "ada".to_owned(),
            expires: later(60_000),
        }),
        ..record(2, open_until(NOW))
    };
    let conflict = StoreError::Conflict(Conflict {
        current: Box::new(overridden),
    });
    let admission = member.answer_admission(asked, Err(conflict), later(2));
    assert_eq!(rejection(admission), RejectionReason::ForcedOpen);
}

#[test]
fn who_got_no_lease_passes_if_the_circuit_has_closed_meanwhile() {
    let member = knows(record(1, open_until(NOW)));
    let asked = request(member.begin(later(1)));
    let since = Timestamp::from_unix_ms(1);
    member.on_strong_read(
        record(3, Phase::closed(since)),
        member.known_epoch(),
        later(2),
    );
    let asked = request(member.answer_admission(asked, Err(no_answer()), later(251)));
    let admission = member.answer_admission(asked, Err(no_answer()), later(501));
    assert!(matches!(admission, Admission::Admitted(_)), "{admission:?}");
}

#[test]
fn a_lease_begins_when_it_is_asked_for_and_not_when_the_wait_for_a_turn_began() {
    let member = knows(record(1, open_until(NOW)));
    let waiting = request(member.begin(later(1)));
    // The view is young enough, so that nothing else has to be asked first.
    let turn = later(200);
    let asked = request(member.reconsider(waiting, turn));
    assert_eq!(lease_expires(&asked), turn + Policy::default().lease_for);
}

fn drill() -> Override {
    Override {
        mode: OverrideMode::ForceClosed,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires: later(60_000),
    }
}

fn pending(step: OverrideStep) -> OverrideRequest {
    match step {
        OverrideStep::Pending(request) => request,
        other => panic!("{other:?}"),
    }
}

/// An override that has been read for, is written, and whose answer is lost.
fn in_doubt(member: &Member, doubt: StoreError) -> OverrideRequest {
    let look = member.place_override(drill());
    let write = pending(member.answer_override(look, Ok(Record::default()), NOW));
    assert!(matches!(write.operation(), Operation::Apply { .. }));
    let read_back = pending(member.answer_override(write, Err(doubt), NOW));
    assert!(matches!(
        read_back.operation(),
        Operation::Load(breaker_core::Consistency::Strong)
    ));
    read_back
}

fn placed(epoch: u64) -> Record {
    Record {
        standing_override: Some(drill()),
        ..record(epoch, Phase::closed(NOW))
    }
}

#[test]
fn an_override_whose_answer_was_lost_is_found_even_after_the_circuit_has_moved_on() {
    for epoch in 1..4 {
        let member = knows(Record::default());
        let read_back = in_doubt(&member, no_answer());
        let step = member.answer_override(read_back, Ok(placed(epoch)), NOW);
        let OverrideStep::Done(record) = step else {
            panic!("in epoch {epoch}: {step:?}");
        };
        assert_eq!(record, placed(epoch));
        assert_eq!(member.known(), record);
    }
}

#[test]
fn an_override_that_may_have_been_made_never_fails_for_certain() {
    for trouble in [
        StoreError::Throttled,
        StoreError::Refused("forbidden".to_owned()),
        StoreError::Unreadable("version 9".to_owned()),
        no_answer(),
    ] {
        let member = knows(Record::default());
        let read_back = in_doubt(&member, no_answer());
        let step = member.answer_override(read_back, Err(trouble.clone()), NOW);
        let OverrideStep::Failed(error) = step else {
            panic!("after {trouble:?}: {step:?}");
        };
        assert!(!error.had_no_effect(), "{trouble:?} was told as {error:?}");
    }
}

#[test]
fn an_override_is_written_six_times_on_a_moving_record_and_then_given_up() {
    let member = knows(Record::default());
    let mut step =
        member.answer_override(member.place_override(drill()), Ok(Record::default()), NOW);
    let mut writes = 0;
    let error = loop {
        match step {
            OverrideStep::Pending(request) => {
                let Operation::Apply { basis, .. } = request.operation() else {
                    panic!("{request:?}");
                };
                assert_eq!(basis.epoch, Epoch(writes), "it knows the newest record");
                writes += 1;
                let current = Box::new(record(writes, Phase::closed(NOW)));
                let conflict = StoreError::Conflict(Conflict { current });
                step = member.answer_override(request, Err(conflict), NOW);
            }
            OverrideStep::Failed(error) => break error,
            OverrideStep::Done(record) => panic!("{record:?}"),
        }
    };
    assert_eq!((writes, error), (6, StoreError::Contended));
}

/// What a store that holds `stored` answers.
fn answer(
    stored: &mut Record,
    operation: &Operation,
    now: Timestamp,
) -> Result<Record, StoreError> {
    if let Operation::Apply { basis, change } = operation {
        *stored = stored.apply(basis.epoch, change, now)?;
    }
    Ok(stored.clone())
}

/// A call becomes a probe by a store that holds `stored`.
fn probe(member: &Member, stored: &mut Record, now: Timestamp) -> Permit {
    let mut admission = member.begin(now);
    loop {
        match admission {
            Admission::Admitted(permit) => break permit,
            Admission::Pending(request) => {
                let answer = answer(stored, &request.operation(), now);
                admission = member.answer_admission(request, answer, now);
            }
            Admission::Rejected(rejection) => panic!("{rejection:?}"),
        }
    }
}

fn tells_of_a_probe(operation: &Operation) -> bool {
    let Operation::Apply { change, .. } = operation else {
        return false;
    };
    matches!(change, Change::ProbeSucceeded { .. })
}

/// A probe succeeds, and the first so many times that it says so the store has
/// this trouble. Gives how often the store was asked.
fn succeed_despite(
    trouble: &StoreError,
    mut times: u32,
    (member, stored): (&Member, &mut Record),
    now: Timestamp,
) -> u32 {
    let permit = probe(member, stored, now);
    assert!(permit.is_probe());
    let mut next = member.end(permit, Outcome::Success, now);
    let mut asked = 0;
    while let Some(request) = next {
        asked += 1;
        let operation = request.operation();
        let answer = if tells_of_a_probe(&operation) && times > 0 {
            times -= 1;
            Err(trouble.clone())
        } else {
            answer(stored, &operation, now)
        };
        next = member.answer_report(request, answer, now);
    }
    asked
}

#[test]
fn a_probe_whose_result_was_not_taken_down_tells_it_again() {
    for trouble in [StoreError::Contended, no_answer()] {
        let mut stored = record(1, open_until(NOW));
        let member = knows(stored.clone());
        for (nth, times) in [1, 2, 0].into_iter().enumerate() {
            let now = later(10 + u64::try_from(nth).unwrap());
            succeed_despite(&trouble, times, (&member, &mut stored), now);
            if let Phase::HalfOpen { leases, .. } = &stored.phase {
                assert_eq!(leases.len(), 0, "after {trouble:?}");
            }
        }
        let is_closed = matches!(stored.phase, Phase::Closed { .. });
        assert!(is_closed, "after {trouble:?}: {stored:?}");
    }
}

#[test]
fn a_circuit_that_opens_again_with_delay_is_open_for_as_long() {
    let mut stored = record(1, open_until(NOW));
    let member = knows(stored.clone());
    let permit = probe(&member, &mut stored, later(10));
    let asked = Outcome::RetryAfter(Duration::from_secs(30));
    let lost = member.end(permit, asked, later(20)).unwrap();
    let read = member.answer_report(lost, Err(no_answer()), later(270));
    let again = member.answer_report(read.unwrap(), Ok(stored.clone()), later(500));
    let opened = answer(&mut stored, &again.unwrap().operation(), later(500)).unwrap();
    let Phase::Open { since, until, .. } = opened.phase else {
        panic!("{opened:?}");
    };
    assert_eq!((since, until), (later(500), later(30_500)));
}

#[test]
fn a_probe_does_not_tell_its_result_for_ever() {
    let mut stored = record(1, open_until(NOW));
    let member = knows(stored.clone());
    let asked = succeed_despite(
        &StoreError::Contended,
        u32::MAX,
        (&member, &mut stored),
        later(10),
    );
    assert_eq!(asked, 6, "three times, each with a read");
}

/// What becomes of an override on a store that is well.
fn ask_for(placed: Override) -> Result<Record, StoreError> {
    let mut stored = Record::default();
    let member = knows(stored.clone());
    let mut request = member.place_override(placed);
    loop {
        let answer = answer(&mut stored, &request.operation(), NOW);
        match member.answer_override(request, answer, NOW) {
            OverrideStep::Pending(next) => request = next,
            OverrideStep::Done(record) => break Ok(record),
            OverrideStep::Failed(error) => break Err(error),
        }
    }
}

#[test]
fn an_override_that_would_last_for_more_than_a_day_is_refused() {
    let until = |expires| ask_for(Override { expires, ..drill() });
    assert!(until(later(86_400_000)).is_ok());
    for expires in [later(86_400_001), Timestamp::from_unix_ms(u64::MAX)] {
        let refused = until(expires).unwrap_err();
        assert!(refused.had_no_effect());
        assert!(refused.to_string().contains("24 h"), "{refused}");
    }
}

#[test]
fn an_override_s_texts_are_bounded() {
    let reason = |bytes| {
        ask_for(Override {
            reason: "r".repeat(bytes),
            ..drill()
        })
    };
    let actor = |bytes| {
        ask_for(Override {
            actor: "a".repeat(bytes),
            ..drill()
        })
    };
    assert!(reason(1_000).is_ok() && actor(1_000).is_ok());
    for (found, what) in [(reason(1_001), "reason"), (actor(1_001), "actor")] {
        let refused = found.unwrap_err().to_string();
        assert!(refused.contains(what), "{refused}");
    }
}
