//! Whether a write without an outcome may have been done.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use contract::{
    Deadline, Dependency, Fault, FaultKind, FaultRate, FaultTarget, Faults, IdempotencyKey, Reply,
    Request,
};
use lambda_kit::circuits::DATABASE;
use retry_lambda::handler::Answer;

use crate::{
    engine::{Engine, on_each_engine},
    world::{Environment, START, Surroundings, command, create, item, new_key, unavailable},
};

on_each_engine! {
    a_write_that_never_reached_the_database_is_certainly_undone,
    a_write_whose_answer_was_lost_may_have_been_done,
    a_repetition_of_what_was_done_is_never_called_undone,
}

/// Whether the write is said to be undone when `fault` strikes the database.
async fn undone(environment: &Environment, key: &IdempotencyKey, fault: Option<FaultKind>) -> bool {
    let fault = fault.map(|kind| Fault {
        kind,
        rate: FaultRate::ALWAYS,
        expires: START + TimeDelta::days(1),
    });
    let request = Request {
        request_id: "r-1".to_owned(),
        deadline: Deadline::after(START, Duration::from_hours(1)),
        faults: Faults(BTreeMap::from_iter(
            fault.map(|fault| (FaultTarget::Database, fault)),
        )),
        command: command(key, create("bolt")),
    };
    let event = serde_json::to_value(request).unwrap();
    let ends_at = Deadline::after(START, Duration::from_hours(1));
    match environment.handler.handle(event, ends_at).await.unwrap() {
        Answer::Items(response) => unavailable(response.reply).unchanged,
        Answer::Operator(reply) => panic!("expected a reply about items, got {reply:?}"),
    }
}

async fn a_write_that_never_reached_the_database_is_certainly_undone(surroundings: Surroundings) {
    let struck = surroundings.migrated_environment().await;
    assert!(undone(&struck, &new_key(), Some(FaultKind::Error)).await);

    let in_a_hurry = surroundings.environment().await;
    let write = command(&new_key(), create("bolt"));
    let reply = in_a_hurry.ask_before(write, Deadline::after(START, Duration::ZERO));
    assert!(unavailable(reply.await).unchanged);

    let mut gone = surroundings.clone();
    gone.database_url = gone.engine.nowhere();
    assert!(undone(&gone.environment().await, &new_key(), None).await);

    let expires = START + TimeDelta::hours(1);
    surroundings.hold_open(DATABASE, expires).await;
    assert!(undone(&surroundings.environment().await, &new_key(), None).await);
}

async fn a_write_whose_answer_was_lost_may_have_been_done(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let key = new_key();
    assert!(!undone(&environment, &key, Some(FaultKind::Crash)).await);
    let repeated = environment.write(&key, create("bolt")).await;
    assert!(matches!(repeated, Reply::Served(_)), "{repeated:?}");
}

async fn a_repetition_of_what_was_done_is_never_called_undone(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let key = new_key();
    item(environment.write(&key, create("bolt")).await);
    assert!(!undone(&environment, &key, Some(FaultKind::Crash)).await);
}

/// As after a failover, when the address still leads to what was the primary. MySQL's own
/// read-only mode is the whole server's, and spares the user that tests log in as.
#[tokio::test]
async fn a_write_that_a_read_only_database_refuses_is_certainly_undone() {
    let Some(surroundings) = Surroundings::fresh(Engine::Postgres).await else {
        return;
    };
    surroundings.migrated_environment().await;
    let mut operator = surroundings.connect().await;
    operator
        .execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',
             current_database()); END $$",
        )
        .await;
    let environment = surroundings.environment().await;
    let reply = environment.write(&new_key(), create("bolt")).await;
    let unavailable = unavailable(reply);
    assert!(unavailable.unchanged, "{unavailable:?}");
    assert_eq!(unavailable.dependency, Dependency::Database);
}
