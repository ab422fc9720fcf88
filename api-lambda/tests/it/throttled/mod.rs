//! Lambda has no capacity for the Retry Lambda or the Fallback Lambda: back-pressure
//! at first, an outage when it lasts (decision 18).

mod answers;

use std::time::Duration;

use api_lambda::path::PathError;
use breaker_core::{State, protocol::Phase};
use contract::{Reply, Source, Target};

use crate::world::{Met, Script, World, read, write};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What a process may meet of throttles before it counts them.
const LASTS: Duration = s(10);

fn source(answer: &Result<Reply, PathError>) -> Option<Source> {
    match answer {
        Ok(Reply::Served(served)) => Some(served.source),
        _ => None,
    }
}

/// Sends reads at this rate for so long, and tells how many, and how many attempts at
/// the Retry Lambda they made. The circuit must stay closed, with no failure counted.
async fn reads_that_leave_the_circuit_closed(
    script: Script,
    per_s: f64,
    lasts: Duration,
) -> (usize, usize) {
    let mut world = World::with(script);
    let sent = world.read_until(lasts, per_s).await;
    assert_eq!(world.moves().await, [], "{per_s} a second");
    let known = world.record().await;
    let counted = known.record.evidence;
    let troubled = counted.0.values().any(|counts| counts.tells_of_trouble());
    assert!(!troubled, "{per_s} a second: {counted:?}");
    (sent, world.invocations(Target::Retry).len())
}

#[tokio::test(start_paused = true)]
async fn with_thirty_percent_throttled_the_circuit_stays_closed() {
    let script: Script = |target, _, draw| match target {
        Target::Retry if draw < 0.3 => Met::Throttled(None),
        _ => Met::Well,
    };
    for (per_s, lasts) in [(1.0, s(300)), (50.0, s(30))] {
        let (sent, attempts) = reads_that_leave_the_circuit_closed(script, per_s, lasts).await;
        assert!(attempts > sent, "throttled reads were tried again");
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_reads_are_tried_again_within_the_budget() {
    let script: Script = |target, _, draw| match target {
        Target::Retry if draw < 0.8 => Met::Throttled(None),
        _ => Met::Well,
    };
    let (sent, attempts) = reads_that_leave_the_circuit_closed(script, 50.0, s(30)).await;
    // Without a budget it would be 1.4 retries for each read.
    let retries = attempts - sent;
    assert!(retries * 4 < sent, "{retries} retries for {sent} reads");
}

/// For so long that the circuit opens, and not until it probes.
const FAILS: Duration = Duration::from_millis(1_500);

/// Fails for a while, and is then throttled for longer.
fn throttled_while_recovering(target: Target, at: Duration, _: f64) -> Met {
    match target {
        Target::Retry if at < FAILS => Met::Failing,
        Target::Retry if at < s(20) => Met::Throttled(None),
        _ => Met::Well,
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_probe_returns_its_lease_and_the_next_call_may_probe() {
    let mut world = World::with(throttled_while_recovering);
    world.read_until(FAILS, 30.0).await;
    let opened = world.moves().await;
    assert_eq!(opened.len(), 1, "{opened:?}");
    let Phase::Open { until, .. } = world.record().await.record.phase else {
        panic!("not open: {opened:?}");
    };
    let now = breaker_core::Clock::now(&world.clock);
    tokio::time::advance(until.since(now) + s(1)).await;
    for probes in 1..=3 {
        let before = world.invocations(Target::Retry).len();
        // With a rate of 20 a second each call of the fleet tries for a lease.
        while world.invocations(Target::Retry).len() == before {
            let (answer, _) = world.send(probes, read()).await;
            assert_eq!(source(&answer), Some(Source::Fallback));
        }
        let Phase::HalfOpen {
            leases, successes, ..
        } = world.record().await.record.phase
        else {
            panic!(
                "a throttled probe moved the circuit: {:?}",
                world.moves().await
            );
        };
        assert!(leases.is_empty(), "{probes}: {leases:?}");
        assert_eq!(successes, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_that_lasts_opens_the_circuit_and_costs_no_growing_open_time() {
    let throttled = s(20)..s(80);
    let mut world = World::with(|target, at, _| match target {
        Target::Retry if (s(20)..s(80)).contains(&at) => Met::Throttled(Some(2)),
        _ => Met::Well,
    });
    world.read_until(s(120), 20.0).await;
    let moves = world.moves().await;
    let (opened, to, _) = &moves[0];
    assert_eq!(*to, State::Open);
    // As soon as in another outage, after the time that throttles may last.
    let counted_from = throttled.start + LASTS;
    assert!(
        (counted_from..counted_from + s(5)).contains(opened),
        "{moves:?}"
    );
    // Lambda's capacity is back: no longer away than one open time at its shortest.
    let closed = moves.last().filter(|(_, to, _)| *to == State::Closed);
    let (closed, _, _) = closed.unwrap_or_else(|| panic!("{moves:?}"));
    assert!(*closed < throttled.end + s(5), "{moves:?}");
    let failed = moves.iter().filter(|(_, _, why)| why == "a probe failed");
    assert_eq!(failed.count(), 0, "{moves:?}");
    // While it is open, some probes a second at most ask Lambda.
    let asked = world.invocations(Target::Retry);
    let meanwhile = *opened + s(1)..throttled.end;
    let asked = asked
        .iter()
        .filter(|(at, _)| meanwhile.contains(at))
        .count();
    assert!(asked < 100, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_as_long_as_lambda_says_and_its_backoff() {
    let world = World::with(|target, at, _| match target {
        Target::Retry if at < s(1) => Met::Throttled(Some(3)),
        _ => Met::Well,
    });
    let (answer, _) = world.send(0, write()).await;
    assert_eq!(source(&answer), Some(Source::Database));
    let [(first, _), (second, _)] = world.invocations(Target::Retry)[..] else {
        panic!("two attempts");
    };
    let waited = second.saturating_sub(first);
    assert!(
        (s(3)..=s(3) + Duration::from_millis(50)).contains(&waited),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_after_the_deadline_is_not_begun() {
    let world = World::with(|target, _, _| match target {
        Target::Retry => Met::Throttled(Some(10)),
        _ => Met::Well,
    });
    let (answer, attempt_log) = world.send(0, read()).await;
    assert_eq!(source(&answer), Some(Source::Fallback));
    let (answer, log_of_write) = world.send(0, write()).await;
    let never_ran = matches!(&answer, Err(PathError::Inner(error)) if error.never_ran());
    assert!(never_ran, "{answer:?}");
    assert!(attempt_log.nothing_was_done() && log_of_write.nothing_was_done());
    assert_eq!(world.invocations(Target::Retry).len(), 2);
    assert_eq!(world.clock.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_may_have_run_leaves_the_write_in_doubt_whatever_follows() {
    let world = World::with(|target, at, _| match target {
        Target::Retry if at == Duration::ZERO => Met::Failing,
        Target::Retry => Met::Throttled(Some(60)),
        _ => Met::Well,
    });
    let (answer, attempt_log) = world.send(0, write()).await;
    assert!(matches!(&answer, Err(PathError::Inner(error)) if error.never_ran()));
    assert!(!attempt_log.nothing_was_done());
}

#[tokio::test(start_paused = true)]
async fn a_throttled_fallback_counts_for_its_circuit_as_the_retry_lambda_does_for_its_own() {
    let mut world = World::with(|target, at, _| match target {
        Target::Retry => Met::Failing,
        _ if at < s(60) => Met::Throttled(None),
        _ => Met::Well,
    });
    world.read_until(s(9), 20.0).await;
    assert_eq!(world.moves_of("fallback").await, []);
    world.read_until(s(60), 20.0).await;
    let moves = world.moves_of("fallback").await;
    assert!(
        moves
            .first()
            .is_some_and(|(at, to, _)| *to == State::Open && *at > LASTS),
        "{moves:?}"
    );
}
