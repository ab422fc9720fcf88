//! What a dependency in trouble is asked for beyond what clients ask.

use std::{sync::Arc, time::Duration};

use api_lambda::path::{self, Call, Circuits, Patience, RetryLimits};
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use breaker_core::{Breaker, MemoryStore, Policy};
use contract::{
    AttemptOutcome, Command, Dependency, Faults, IdempotencyKey, Reply, Target, Unavailable, Write,
};
use lambda_kit::{
    clock::{Clock, SystemClock},
    function::Function,
    testing::LambdaEndpoint,
};
use uuid::Uuid;

const PATIENCE: Patience = Patience {
    request: Duration::from_secs(10),
    attempt: Duration::from_secs(3),
    fallback: Duration::from_secs(2),
};

fn delete() -> Command {
    Command::Write {
        idempotency_key: IdempotencyKey::from(Uuid::now_v7()),
        write: Write::Delete {
            id: Uuid::now_v7(),
            expected: None,
        },
    }
}

/// With the defaults no circuit opens on fewer failures.
const FEWEST: usize = 23;

/// Sends writes one after the other until the circuit refuses one, and tells how
/// many were admitted, and how many attempts that made.
async fn admitted_and_attempts(path: &path::Path) -> (usize, usize) {
    let (mut admitted, mut attempts) = (0, 0);
    for _ in 0..100_000 {
        let now = SystemClock.now();
        let call = Call::begin("r".to_owned(), delete(), Faults::default(), PATIENCE, now);
        let journal = call.journal.clone();
        let _ = path::send(path, call).await;
        let made = journal.attempts();
        let made = made.iter().filter(|attempt| {
            attempt.target == Target::Retry && attempt.outcome != AttemptOutcome::Rejected
        });
        let made = made.count();
        if made == 0 {
            return (admitted, attempts);
        }
        admitted += 1;
        attempts += made;
    }
    panic!("the circuit never opened: {attempts} attempts");
}

#[tokio::test]
async fn an_outage_gets_a_tenth_more_attempts_than_calls_at_most() {
    let trouble = Reply::Unavailable(Unavailable {
        dependency: Dependency::Database,
        reason: "connection refused".to_owned(),
        setback: None,
    });
    let endpoint = LambdaEndpoint::replying(trouble).await;
    let lambda = aws_sdk_lambda::Client::from_conf(
        aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&endpoint.url)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build(),
    );
    let function = |name: &str| Function::new(lambda.clone(), name.to_owned());
    let circuits = Circuits::make(|name| {
        Breaker::new(
            name.parse().unwrap(),
            Policy::default(),
            Arc::new(MemoryStore::new()),
        )
    });
    let circuits = circuits.unwrap();
    let clock = Arc::new(SystemClock);
    let (retry, fallback) = (function("retry"), function("fallback"));
    let retries = RetryLimits::default();
    let path = path::build(retry, fallback, circuits, PATIENCE, retries, &clock);

    let (admitted, attempts) = admitted_and_attempts(&path).await;
    assert!(admitted > FEWEST, "the outage was met: {admitted} calls");
    let retries = attempts - admitted;
    assert!(retries > 0, "the first failure was tried again");
    assert!(retries * 10 <= FEWEST, "{retries} retries");
}
