//! What the circuits of the database and of the cache let through, and what replies
//! tell of them.

use std::{sync::Arc, time::Duration};

use breaker_core::Epoch;
use contract::{Command, Deadline, Dependency, Read, Reply, Setback, Source};
use lambda_kit::{
    circuit::Circuit,
    circuits::{CACHE, DATABASE},
    testing::ManualClock,
};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{
        FRESH_FOR, START, Surroundings, command, create, item, new_key, served, source, unavailable,
    },
};

on_each_engine! {
    a_database_that_fails_is_not_asked_any_more_and_replies_say_until_when,
    a_held_database_is_not_asked_by_anybody_but_whoever_migrates,
    a_reply_with_the_fallbacks_help_tells_of_the_database_too,
    a_defect_is_no_failure_of_the_database,
    a_client_in_a_hurry_is_no_failure_of_the_database,
    a_cache_that_fails_is_not_asked_any_more_and_no_read_is_the_worse,
}

/// As many failures as open a circuit of thin traffic.
const FAILURES: usize = 5;

/// Calls so far apart are rare, so that failures in a row decide.
const APART: Duration = Duration::from_secs(3);

fn unknown() -> Read {
    Read::Get { id: Uuid::now_v7() }
}

fn setback(reply: Reply) -> Option<Setback> {
    unavailable(reply).setback
}

async fn transitions(surroundings: &Surroundings, circuit: &str) -> Epoch {
    let onlooker = surroundings.circuit(circuit, &Arc::new(ManualClock::at(START)));
    onlooker.inspect().await.unwrap().record.epoch
}

async fn a_database_that_fails_is_not_asked_any_more_and_replies_say_until_when(
    mut surroundings: Surroundings,
) {
    surroundings.database_url = surroundings.engine.nowhere();
    let environment = surroundings.environment().await;
    for _ in 1..FAILURES {
        let reply = environment.read(unknown()).await;
        let failed = Setback::Failed { open_until: None };
        assert_eq!(setback(reply), Some(failed));
        environment.clock.advance(APART);
    }
    let Some(Setback::Failed {
        open_until: Some(until),
    }) = setback(environment.read(unknown()).await)
    else {
        panic!("expected the failure that opens the circuit to say so");
    };
    assert!(until > START, "{until}");
    let open = Some(Setback::Open { until });
    assert_eq!(setback(environment.read(unknown()).await), open);
    let write = unavailable(environment.write(&new_key(), create("bolt")).await);
    assert_eq!(
        (write.dependency, write.setback),
        (Dependency::Database, open)
    );
    // Another environment hears it before its first question.
    let another = surroundings.environment().await;
    another.clock.advance(APART * 4);
    assert_eq!(setback(another.read(unknown()).await), open);
}

async fn a_held_database_is_not_asked_by_anybody_but_whoever_migrates(surroundings: Surroundings) {
    let until = START + Duration::from_mins(10);
    surroundings.hold_open(DATABASE, until).await;
    let environment = surroundings.migrated_environment().await;
    let open = Some(Setback::Open { until });
    assert_eq!(setback(environment.read(unknown()).await), open);
    let write = environment.write(&new_key(), create("bolt")).await;
    assert_eq!(setback(write), open);
    environment.clock.advance(Duration::from_mins(10));
    environment.create("bolt").await;
}

async fn a_reply_with_the_fallbacks_help_tells_of_the_database_too(mut surroundings: Surroundings) {
    let healthy = surroundings.migrated_environment().await;
    let created = healthy.create("bolt").await;
    surroundings.fallback = Reply::Served(contract::Served {
        source: Source::Fallback,
        ..served(healthy.get(created.id).await)
    });
    let until = START + Duration::from_hours(1);
    surroundings.hold_open(DATABASE, until).await;
    let environment = surroundings.environment().await;
    environment.clock.advance(FRESH_FOR);
    let reply = served(environment.get(created.id).await);
    assert_eq!(reply.source, Source::Fallback);
    assert_eq!(reply.setback, Some(Setback::Open { until }));
}

async fn a_defect_is_no_failure_of_the_database(surroundings: Surroundings) {
    let environment = surroundings.environment().await;
    for _ in 0..2 * FAILURES {
        let outcome = environment.try_command(Command::Read(unknown())).await;
        assert!(outcome.is_err(), "{outcome:?}");
        environment.clock.advance(APART);
    }
    assert_eq!(transitions(&surroundings, DATABASE).await, Epoch(0));
}

async fn a_client_in_a_hurry_is_no_failure_of_the_database(mut surroundings: Surroundings) {
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    surroundings.database_url = surroundings.engine.url_at(hung.local_addr().unwrap());
    let environment = surroundings.environment().await;
    for second in 0..2 * u32::try_from(FAILURES).unwrap() {
        let deadline = Deadline::after(START + APART * second, Duration::from_millis(200));
        let read = environment.ask_before(Command::Read(unknown()), deadline);
        assert_eq!(setback(read.await), Some(Setback::CutShort));
        let write = command(&new_key(), create("bolt"));
        let write = unavailable(environment.ask_before(write, deadline).await);
        assert_eq!(write.dependency, Dependency::Time);
        environment.clock.advance(APART);
    }
    assert_eq!(transitions(&surroundings, DATABASE).await, Epoch(0));
}

async fn a_cache_that_fails_is_not_asked_any_more_and_no_read_is_the_worse(
    mut surroundings: Surroundings,
) {
    let healthy = surroundings.migrated_environment().await;
    let created = healthy.create("bolt").await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    surroundings.cache.url = format!("redis://{address}").parse().unwrap();
    let environment = surroundings.environment().await;
    let circuit = surroundings.circuit(CACHE, &environment.clock);
    for _ in 0..FAILURES {
        circuit.inspect().await.unwrap();
        assert_eq!(circuit.open_until(), None, "one question for each read");
        environment.clock.advance(APART);
        let read = environment.get(created.id).await;
        assert_eq!(source(read.clone()), Source::Database);
        assert_eq!(item(read), created);
    }
    circuit.inspect().await.unwrap();
    assert!(circuit.open_until().is_some(), "each read asks");
    assert_eq!(item(environment.get(created.id).await), created);
    assert_eq!(transitions(&surroundings, DATABASE).await, Epoch(0));
}
