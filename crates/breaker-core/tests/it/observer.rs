//! What observers hear.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use breaker_core::{
    CallError, Clock, Epoch, Event, Observer, Outcome, RejectionReason, State, StoreError,
};

use crate::{
    handle::call,
    support::{Environment, Fleet, Mode},
};

/// Remembers what it heard, in words.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<Event>>>);

impl Observer for Notes {
    fn on(&self, circuit: &str, event: &Event) {
        assert_eq!(circuit, "orders");
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Notes {
    /// What was heard since the last time.
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(crate) fn observed(fleet: &Fleet) -> (Environment, Notes) {
    let notes = Notes::default();
    let environment = fleet.builder().observer(notes.clone()).build().unwrap();
    (environment, notes)
}

#[tokio::test]
async fn an_observer_hears_of_a_circuit_s_whole_way_and_of_each_step_once() {
    let fleet = Fleet::of(0).await;
    let (environment, notes) = observed(&fleet);
    let environments = std::slice::from_ref(&environment);
    fleet.end_five_times(environments, Outcome::Failure).await;
    let moved = |from, to, epoch, reason: &str| Event::Transitioned {
        from,
        to,
        epoch: Epoch(epoch),
        reason: reason.to_owned(),
    };
    let opened = fleet.record().await.cause.unwrap();
    let opened = moved(State::Closed, State::Open, 1, &opened);
    assert_eq!(notes.take(), [opened]);
    assert!(matches!(
        call(&environment, Ok("up")).await,
        Err(CallError::Rejected(_))
    ));
    assert!(matches!(
        notes.take()[..],
        [Event::Rejected(rejection)] if rejection.reason == RejectionReason::Open
    ));
    fleet.advance(Duration::from_secs(5));
    call(&environment, Ok("up")).await.unwrap();
    let heard = notes.take();
    assert!(
        matches!(
            &heard[..],
            [
                Event::Transitioned {
                    to: State::HalfOpen,
                    ..
                },
                Event::ProbeBegan,
                Event::ProbeEnded {
                    outcome: Outcome::Success
                },
            ]
        ),
        "{heard:?}"
    );
    call(&environment, Ok("up")).await.unwrap();
    notes.take();
    call(&environment, Ok("up")).await.unwrap();
    let closed = moved(State::HalfOpen, State::Closed, 3, "3 probes succeeded");
    assert_eq!(notes.take().last(), Some(&closed));
    assert_eq!(fleet.record().await.state(fleet.clock.now()), State::Closed);
}

#[tokio::test]
async fn whoever_did_not_move_the_circuit_does_not_claim_to() {
    let fleet = Fleet::of(1).await;
    let (environment, notes) = observed(&fleet);
    call(&environment, Ok("up")).await.unwrap();
    let others = &fleet.environments;
    fleet.end_five_times(others, Outcome::Failure).await;
    environment.inspect().await.unwrap();
    assert_eq!(environment.known().record.epoch, Epoch(1));
    assert_eq!(notes.take(), []);
}

#[tokio::test(start_paused = true)]
async fn of_two_that_race_to_open_the_circuit_one_says_that_it_did() {
    let fleet = Fleet::of(1).await;
    for _ in 0..2 {
        for _ in 0..2 {
            let _ = call(&fleet.environments[0], Err("down")).await;
        }
        fleet.advance(Duration::from_secs(1));
    }
    let (one, other) = (observed(&fleet), observed(&fleet));
    fleet.store.behave(Mode::Slow);
    let _ = tokio::join!(call(&one.0, Err("down")), call(&other.0, Err("down")));
    assert_eq!(fleet.record().await.epoch, Epoch(1));
    let heard = [one.1.take(), other.1.take()].concat();
    let moved = heard
        .iter()
        .filter(|event| matches!(event, Event::Transitioned { .. }));
    assert_eq!(moved.count(), 1, "{heard:?}");
}

#[tokio::test]
async fn an_observer_hears_of_a_store_in_trouble_and_of_its_return() {
    let fleet = Fleet::of(0).await;
    let (environment, notes) = observed(&fleet);
    call(&environment, Ok("up")).await.unwrap();
    fleet.store.behave(Mode::Throttling);
    fleet.advance(Duration::from_secs(10));
    call(&environment, Ok("up")).await.unwrap();
    let trouble = Event::StoreFailed(StoreError::Throttled);
    assert_eq!(notes.take(), [trouble]);
    fleet.store.behave(Mode::Working);
    fleet.advance(Duration::from_secs(10));
    call(&environment, Ok("up")).await.unwrap();
    assert_eq!(notes.take(), [Event::StoreRecovered]);
    call(&environment, Ok("up")).await.unwrap();
    assert_eq!(notes.take(), []);
}

#[tokio::test]
async fn a_healthy_call_is_no_event() {
    let fleet = Fleet::of(0).await;
    let (environment, notes) = observed(&fleet);
    for _ in 0..100 {
        call(&environment, Ok("up")).await.unwrap();
        fleet.advance(Duration::from_secs(1));
    }
    assert_eq!(notes.take(), []);
}
