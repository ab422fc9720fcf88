//! Locks: those of whole tables are the database's failure, those of rows are the callers'
//! doing, and a key is said to be in use only if it is.

use std::time::Duration;

use contract::{Command, Deadline, Read, Reply, Setback, Write};
use lambda_kit::{circuit::Circuit, circuits::DATABASE};
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{
        Environment, START, Surroundings, command, create, draft, item, new_key, served,
        unavailable,
    },
};

on_each_engine! {
    reads_of_a_locked_table_open_the_circuit_and_its_probes_decide,
    reads_that_a_waiting_change_of_the_schema_keeps_out_are_failures,
    a_write_to_a_locked_table_is_a_failure_and_can_be_retried,
    a_lock_that_lets_reads_through_is_a_failure_of_writes_alone,
    a_fresh_key_in_a_locked_table_of_keys_is_no_conflict,
    a_row_that_another_writer_holds_opens_no_circuit,
    a_read_in_a_hurry_at_a_locked_table_is_nobodys_failure,
}

/// Half of it is for a lock, in whole seconds.
const LIMIT: Duration = Duration::from_secs(2);

/// As many failures as open a circuit of thin traffic, and the time between them.
const FAILURES: usize = 5;
const APART: Duration = Duration::from_secs(3);

const FAILED: Option<Setback> = Some(Setback::Failed { open_until: None });

/// The function on a migrated database, with a short limit.
async fn hasty(surroundings: &mut Surroundings) -> Environment {
    surroundings.migrated_environment().await;
    surroundings.database_limit = LIMIT;
    surroundings.environment().await
}

/// A read that no cache entry can answer.
fn unknown() -> Read {
    Read::Get { id: Uuid::now_v7() }
}

fn setback(reply: Reply) -> Option<Setback> {
    unavailable(reply).setback
}

async fn reads_of_a_locked_table_open_the_circuit_and_its_probes_decide(
    mut surroundings: Surroundings,
) {
    let environment = hasty(&mut surroundings).await;
    let mut rival = surroundings.connect().await;
    rival.lock_out("items").await;
    for _ in 1..FAILURES {
        assert_eq!(setback(environment.read(unknown()).await), FAILED);
        environment.clock.advance(APART);
    }
    let opened = setback(environment.read(unknown()).await).and_then(Setback::open_until);
    let opened = opened.expect("the last failure opens the circuit");

    // The lock is there still, and a probe says so.
    environment
        .clock
        .advance((opened - START).to_std().unwrap());
    let probed = setback(environment.read(unknown()).await).and_then(Setback::open_until);
    let reopened = probed.expect("the probe that fails opens it again");
    assert!(reopened > opened, "{reopened} after {opened}");

    rival.let_in().await;
    environment
        .clock
        .advance((reopened - START).to_std().unwrap());
    let circuit = surroundings.circuit(DATABASE, &environment.clock);
    while circuit
        .inspect()
        .await
        .unwrap()
        .record
        .state(circuit.known().now)
        != breaker_core::State::Closed
    {
        let probed = environment.read(unknown()).await;
        assert!(matches!(probed, Reply::Refused(_)), "{probed:?}");
        environment.clock.advance(APART);
    }
    assert_eq!(circuit.open_until(), None);
}

async fn reads_that_a_waiting_change_of_the_schema_keeps_out_are_failures(
    mut surroundings: Surroundings,
) {
    let environment = hasty(&mut surroundings).await;
    let mut long_reader = surroundings.connect().await;
    let (mut changer, mut observer) = (surroundings.connect().await, surroundings.connect().await);
    long_reader.execute("BEGIN").await;
    long_reader.execute("SELECT id FROM items").await;
    let change = tokio::spawn(async move {
        changer
            .execute("ALTER TABLE items ADD COLUMN note integer")
            .await;
    });
    observer.until_somebody_waits_for_a_table().await;
    assert_eq!(setback(environment.read(unknown()).await), FAILED);
    let page = Read::List {
        limit: contract::PageLimit::default(),
        cursor: None,
    };
    assert_eq!(setback(environment.read(page.clone()).await), FAILED);

    long_reader.execute("ROLLBACK").await;
    change.await.unwrap();
    served(environment.read(page).await);
}

async fn a_write_to_a_locked_table_is_a_failure_and_can_be_retried(mut surroundings: Surroundings) {
    let environment = hasty(&mut surroundings).await;
    let id = environment.create("bolt").await.id;
    let mut rival = surroundings.connect().await;
    rival.lock_out("items").await;
    let (first, second) = (new_key(), new_key());
    let (make, replace) = (create("nut"), replace(id));
    for (key, write) in [(&first, &make), (&second, &replace)] {
        let reply = environment.write(key, write.clone()).await;
        assert_eq!(setback(reply), FAILED, "{write:?}");
    }

    rival.let_in().await;
    assert_eq!(item(environment.write(&first, make).await).version, 1);
    assert_eq!(item(environment.write(&second, replace).await).version, 2);
}

async fn a_lock_that_lets_reads_through_is_a_failure_of_writes_alone(
    mut surroundings: Surroundings,
) {
    let environment = hasty(&mut surroundings).await;
    let mut rival = surroundings.connect().await;
    rival.lock_writes_out("items").await;
    let write = environment.write(&new_key(), create("bolt")).await;
    assert_eq!(setback(write), FAILED);
    let read = environment.read(unknown()).await;
    assert!(matches!(read, Reply::Refused(_)), "{read:?}");
    rival.let_in().await;
}

async fn a_fresh_key_in_a_locked_table_of_keys_is_no_conflict(mut surroundings: Surroundings) {
    let environment = hasty(&mut surroundings).await;
    let mut rival = surroundings.connect().await;
    rival.lock_out("idempotency_keys").await;
    let (key, write) = (new_key(), create("bolt"));
    let reply = environment.write(&key, write.clone()).await;
    assert_eq!(setback(reply), FAILED);

    rival.let_in().await;
    assert_eq!(item(environment.write(&key, write).await).version, 1);
}

async fn a_row_that_another_writer_holds_opens_no_circuit(mut surroundings: Surroundings) {
    let environment = hasty(&mut surroundings).await;
    let id = environment.create("bolt").await.id;
    let mut rival = surroundings.connect().await;
    rival.execute("BEGIN").await;
    rival.execute("SELECT id FROM items FOR UPDATE").await;
    for _ in 0..=FAILURES {
        let reply = environment.write(&new_key(), replace(id)).await;
        assert_eq!(setback(reply), Some(Setback::CutShort));
        environment.clock.advance(APART);
    }
    rival.execute("ROLLBACK").await;
    item(environment.write(&new_key(), replace(id)).await);
}

async fn a_read_in_a_hurry_at_a_locked_table_is_nobodys_failure(mut surroundings: Surroundings) {
    let environment = hasty(&mut surroundings).await;
    let mut rival = surroundings.connect().await;
    rival.lock_out("items").await;
    let deadline = Deadline::after(START, Duration::from_millis(500));
    let read = environment.ask_before(Command::Read(unknown()), deadline);
    assert_eq!(setback(read.await), Some(Setback::CutShort));
    let write = command(&new_key(), create("bolt"));
    let write = environment.ask_before(write, deadline).await;
    assert_eq!(
        setback(write),
        None,
        "its time is over, and nothing is known"
    );
    rival.let_in().await;
}

fn replace(id: Uuid) -> Write {
    Write::Replace {
        id,
        draft: draft("nut"),
        expected: None,
    }
}
