//! Calls that must be done by a deadline.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use breaker_core::{
    Breaker, CallError, Clock, Deadline, Outcome, RejectionReason, State, StateStore, Timestamp,
    protocol::Counts, store::Consistency,
};
use tokio::time::Instant;

use crate::support::{Cuttable, Mode, START, Steady, name};

/// Shows the time of a runtime whose time is paused: it passes while everybody
/// waits.
struct Runtime(Instant);

impl Clock for Runtime {
    fn now(&self) -> Timestamp {
        START + self.0.elapsed()
    }
}

type Timed = Breaker<Arc<Cuttable>, Runtime>;

fn environment(store: &Arc<Cuttable>) -> Timed {
    let policy = breaker_core::Policy::default();
    Breaker::builder(name("orders"), policy, Arc::clone(store))
        .clock(Runtime(Instant::now()))
        .entropy(Steady(0.0))
        .build()
        .unwrap()
}

fn within(environment: &Timed, time: Duration, needs: Duration) -> Deadline {
    let at = environment.known().now + time;
    Deadline { at, needs }
}

const SHORT: Duration = Duration::from_millis(100);

async fn takes(time: Duration) -> Result<&'static str, &'static str> {
    tokio::time::sleep(time).await;
    Ok("done")
}

async fn counted(store: &Cuttable, environment: &Timed) -> Counts {
    let circuit = environment.circuit();
    let record = store
        .inner
        .load(circuit, Consistency::Strong)
        .await
        .unwrap();
    let now = environment.known().now;
    record
        .evidence
        .total(record.epoch, environment.policy(), now)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_done_in_time_is_not_made_and_asks_nothing() {
    let store = Arc::<Cuttable>::default();
    let environment = environment(&store);
    let too_close = within(&environment, SHORT, SHORT + Duration::from_millis(1));
    let never = async { panic!("it was made") };
    let refused = environment
        .call_by(too_close, never, Outcome::from_result::<(), ()>)
        .await;
    let Err(CallError::Rejected(rejection)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(rejection.reason, RejectionReason::DeadlineTooClose);
    assert_eq!(rejection.state, State::Closed);
    assert_eq!(store.operations.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_done_in_time_gives_its_result() {
    let environment = environment(&Arc::default());
    let deadline = within(&environment, Duration::from_secs(1), SHORT);
    let done = environment.call_by(deadline, takes(SHORT), Outcome::from_result);
    assert_eq!(done.await, Ok("done"));
    let deadline = within(&environment, Duration::from_secs(1), SHORT);
    let failed = async { Err::<(), _>("down") };
    let failed = environment.call_by(deadline, failed, Outcome::from_result);
    assert_eq!(failed.await, Err(CallError::Inner("down")));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_callers_hurry_cut_off_says_nothing_of_the_dependency() {
    let store = Arc::<Cuttable>::default();
    let environment = environment(&store);
    for _ in 0..20 {
        let began = Instant::now();
        let deadline = within(&environment, Duration::from_secs(1), SHORT);
        let hung = takes(Duration::from_mins(1));
        let cut = environment.call_by(deadline, hung, Outcome::from_result);
        assert_eq!(cut.await, Err(CallError::DeadlineExceeded));
        assert_eq!(began.elapsed(), Duration::from_secs(1));
    }
    assert_eq!(counted(&store, &environment).await, Counts::default());
    assert!(environment.admit().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_cut_off_only_after_it_was_slow_is_a_slow_one() {
    let store = Arc::<Cuttable>::default();
    let environment = environment(&store);
    let patience = environment.policy().slow_call_after;
    let deadline = within(&environment, patience, SHORT);
    let hung = takes(Duration::from_mins(1));
    let cut = environment.call_by(deadline, hung, Outcome::from_result);
    assert_eq!(cut.await, Err(CallError::DeadlineExceeded));
    assert_eq!(counted(&store, &environment).await, Counts::ALARM);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_its_callers_hurry_cut_off_gives_its_place_back() {
    let store = Arc::<Cuttable>::default();
    let environment = environment(&store);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..5 {
        let failed = async { Err::<(), _>("down") };
        let _ = environment.call(failed, Outcome::from_result).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    for _ in 0..10 {
        let deadline = within(&environment, Duration::from_secs(1), SHORT);
        let hung = takes(Duration::from_mins(1));
        let cut = environment.call_by(deadline, hung, Outcome::from_result);
        assert_eq!(cut.await, Err(CallError::DeadlineExceeded));
    }
    let probe = environment.admit().await.unwrap();
    assert!(probe.is_probe(), "it neither reopened nor kept its place");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_before_a_call_for_which_there_is_no_time() {
    let store = Arc::<Cuttable>::default();
    store.behave(Mode::Silent);
    let environment = environment(&store);
    let began = Instant::now();
    // It knows nothing yet, and would ask first if it could wait for that.
    let enough_to_ask = environment.policy().store_timeout;
    let deadline = within(&environment, SHORT + enough_to_ask / 2, SHORT);
    let done = environment.call_by(deadline, takes(SHORT), Outcome::from_result);
    assert_eq!(done.await, Ok("done"));
    assert_eq!(began.elapsed(), SHORT);
    assert_eq!(store.operations.load(Ordering::SeqCst), 0);
    let deadline = within(&environment, SHORT + enough_to_ask, SHORT);
    let done = environment.call_by(deadline, takes(SHORT), Outcome::from_result);
    assert_eq!(done.await, Ok("done"));
    assert_eq!(store.operations.load(Ordering::SeqCst), 1);
    assert!(environment.known().now <= deadline.at);
}
