//! What a dependency in trouble is asked for beyond what clients ask.

use std::time::Duration;

use contract::{AttemptOutcome, Target};

use crate::world::{Met, World, write};

/// With the defaults no circuit opens on fewer failures.
const FEWEST: usize = 28;

/// Sends writes one after the other until the circuit refuses one, and tells how
/// many were admitted, and how many attempts that made.
async fn admitted_and_attempts(world: &World) -> (usize, usize) {
    let (mut admitted, mut attempts) = (0, 0);
    for _ in 0..100_000 {
        let (_, attempt_log) = world.send(0, write()).await;
        let made = attempt_log.attempts();
        let made = made.iter().filter(|attempt| {
            attempt.target == Target::Retry && attempt.outcome != AttemptOutcome::Rejected
        });
        let made = made.count();
        if made == 0 {
            return (admitted, attempts);
        }
        admitted += 1;
        attempts += made;
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    panic!("the circuit never opened: {attempts} attempts");
}

#[tokio::test(start_paused = true)]
async fn an_outage_gets_a_tenth_more_attempts_than_calls_at_most() {
    let world = World::with(|target, _, _| match target {
        Target::Retry => Met::Failing,
        _ => Met::Well,
    });
    let (admitted, attempts) = admitted_and_attempts(&world).await;
    assert!(admitted > FEWEST, "the outage was met: {admitted} calls");
    let retries = attempts - admitted;
    assert!(retries > 0, "the first failure was tried again");
    assert!(retries * 10 <= FEWEST, "{retries} retries");
}
