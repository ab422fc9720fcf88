//! When the database does not answer, or not as it should.

use std::time::Duration;

use contract::{Command, Deadline, Dependency, Read, Refusal, Reply, Setback, Source, Write};
use lambda_kit::testing::{function_at, skipped};
use retry_lambda::handler::InvocationError;
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{
        FRESH_FOR, START, Surroundings, command, create, draft, item, new_key, source, unavailable,
    },
};

on_each_engine! {
    a_dead_database_turns_a_read_into_the_fallbacks_answer,
    a_dead_database_makes_a_write_unavailable_without_asking_the_fallback,
    a_dead_database_does_not_matter_to_what_is_fresh_in_the_cache,
    a_read_that_nobody_can_answer_names_both_reasons,
    a_fallback_that_cannot_be_asked_leaves_the_database_to_blame,
    a_hung_database_leaves_time_for_the_fallback,
    a_killed_connection_is_noticed_before_use,
    a_write_that_waits_for_a_lock_too_long_is_given_up_and_can_be_retried,
    an_environment_that_is_frozen_for_good_does_not_keep_its_locks,
    nothing_is_begun_when_no_time_is_left,
    a_database_without_its_tables_fails_the_invocation,
    an_event_that_cannot_be_understood_fails_the_invocation_and_says_what_would_be,
}

fn not_found(id: Uuid) -> Reply {
    Reply::Refused(Refusal::not_found(id))
}

/// The fallback's word for it, since the database had none.
fn not_found_after(setback: Setback, id: Uuid) -> Reply {
    Reply::Refused(Refusal::not_found(id).after(Some(setback)))
}

/// A read that no cache entry can answer.
fn unknown() -> (Uuid, Read) {
    let id = Uuid::now_v7();
    (id, Read::Get { id })
}

async fn a_dead_database_turns_a_read_into_the_fallbacks_answer(mut surroundings: Surroundings) {
    let (id, read) = unknown();
    surroundings.database_url = surroundings.engine.nowhere();
    surroundings.fallback = not_found(id);
    let environment = surroundings.environment().await;
    let failed = Setback::Failed { open_until: None };
    assert_eq!(environment.read(read).await, not_found_after(failed, id));
    let asked = environment.fallback.events();
    assert_eq!(
        asked,
        [json!({
            "request_id": "r-1",
            "deadline": "1970-01-01T01:00:00Z",
            "command": {"get": {"id": id}},
        })]
    );
}

async fn a_dead_database_makes_a_write_unavailable_without_asking_the_fallback(
    mut surroundings: Surroundings,
) {
    surroundings.database_url = surroundings.engine.nowhere();
    let environment = surroundings.environment().await;
    let reply = environment.write(&new_key(), create("bolt")).await;
    assert_eq!(unavailable(reply).dependency, Dependency::Database);
    assert_eq!(environment.fallback.events().len(), 0);
}

async fn a_dead_database_does_not_matter_to_what_is_fresh_in_the_cache(
    mut surroundings: Surroundings,
) {
    let created = surroundings
        .migrated_environment()
        .await
        .create("bolt")
        .await;
    surroundings.database_url = surroundings.engine.nowhere();
    let environment = surroundings.environment().await;
    let read = environment.get(created.id).await;
    assert_eq!(source(read.clone()), Source::Cache);
    assert_eq!(item(read), created);
}

async fn a_read_that_nobody_can_answer_names_both_reasons(mut surroundings: Surroundings) {
    surroundings.database_url = surroundings.engine.nowhere();
    let environment = surroundings.environment().await;
    let (_, read) = unknown();
    let trouble = unavailable(environment.read(read).await);
    assert_eq!(trouble.dependency, Dependency::Database);
    assert!(trouble.reason.contains("refused"), "{}", trouble.reason);
    assert!(
        trouble.reason.ends_with("; fallback: nothing is cached"),
        "{}",
        trouble.reason
    );
}

async fn a_fallback_that_cannot_be_asked_leaves_the_database_to_blame(
    mut surroundings: Surroundings,
) {
    surroundings.database_url = surroundings.engine.nowhere();
    let mut environment = surroundings.environment().await;
    environment.handler.fallback = function_at("http://127.0.0.1:1");
    let (_, read) = unknown();
    let trouble = unavailable(environment.read(read).await);
    assert_eq!(trouble.dependency, Dependency::Database);
    assert!(
        trouble.reason.contains("no connection to Lambda"),
        "{}",
        trouble.reason
    );
}

async fn a_hung_database_leaves_time_for_the_fallback(mut surroundings: Surroundings) {
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hung.local_addr().unwrap();
    let (id, read) = unknown();
    surroundings.database_url = surroundings.engine.url_at(address);
    surroundings.fallback = not_found(id);
    let environment = surroundings.environment().await;
    let deadline = Deadline::after(START, Duration::from_secs(2));
    let reply = environment
        .try_command_before(Command::Read(read), deadline)
        .await;
    assert_eq!(reply.unwrap(), not_found_after(Setback::CutShort, id));
}

async fn a_killed_connection_is_noticed_before_use(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    kill_the_functions_connections(&surroundings).await;
    environment.clock.advance(FRESH_FOR);
    assert_eq!(source(environment.get(id).await), Source::Database);
    kill_the_functions_connections(&surroundings).await;
    assert_eq!(environment.create("nut").await.version, 1);
}

async fn kill_the_functions_connections(surroundings: &Surroundings) {
    let killed = surroundings.connect().await.end_all_others().await;
    assert_ne!(killed, 0, "there was none to kill");
}

async fn a_write_that_waits_for_a_lock_too_long_is_given_up_and_can_be_retried(
    mut surroundings: Surroundings,
) {
    let id = surroundings
        .migrated_environment()
        .await
        .create("bolt")
        .await
        .id;
    let mut rival = surroundings.connect().await;
    rival.execute("BEGIN").await;
    rival.execute("SELECT id FROM items FOR UPDATE").await;

    // Half of it is for the lock, and MySQL takes a second more.
    surroundings.database_limit = Duration::from_secs(4);
    let hasty = surroundings.environment().await;
    let (key, write) = (new_key(), replace(id));
    let unavailable = unavailable(hasty.write(&key, write.clone()).await);
    assert_eq!(unavailable.dependency, Dependency::Database);
    // Whoever holds the lock is to blame, and not the database.
    assert_eq!(unavailable.setback, Some(Setback::CutShort));

    rival.execute("ROLLBACK").await;
    surroundings.database_limit = crate::world::TIMEOUTS;
    let patient = surroundings.environment().await;
    assert_eq!(item(patient.write(&key, write).await).version, 2);
}

fn replace(id: Uuid) -> Write {
    Write::Replace {
        id,
        draft: draft("nut"),
        expected: None,
    }
}

async fn an_environment_that_is_frozen_for_good_does_not_keep_its_locks(
    mut surroundings: Surroundings,
) {
    let patient = surroundings.migrated_environment().await;
    let id = patient.create("bolt").await.id;
    let (mut rival, mut observer) = (surroundings.connect().await, surroundings.connect().await);
    if !observer.ends_idle_transactions().await {
        skipped("needs a server that ends idle transactions");
        return;
    }
    surroundings.database_limit = Duration::from_secs(2);
    let frozen = surroundings.environment().await;
    rival.execute("BEGIN").await;
    rival.execute("SELECT id FROM items FOR UPDATE").await;
    let (key, write) = (new_key(), replace(id));
    // It holds its key, waits for the item, and is given it when frozen.
    let mut half_way = Box::pin(frozen.write(&key, write.clone()));
    tokio::select! {
        reply = &mut half_way => panic!("expected it to wait, got {reply:?}"),
        () = observer.until_somebody_waits() => {}
    }
    rival.execute("ROLLBACK").await;

    assert_eq!(item(patient.write(&key, write).await).version, 2);
    drop(half_way);
}

async fn nothing_is_begun_when_no_time_is_left(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let deadline = Deadline::after(START, Duration::ZERO);
    let (_, read) = unknown();
    let write = command(&new_key(), create("bolt"));
    for command in [Command::Read(read), write] {
        let reply = environment.try_command_before(command, deadline).await;
        let dependency = unavailable(reply.unwrap()).dependency;
        assert_eq!(dependency, Dependency::Time);
    }
    assert_eq!(environment.fallback.events().len(), 0);
}

async fn a_database_without_its_tables_fails_the_invocation(surroundings: Surroundings) {
    let environment = surroundings.environment().await;
    let (_, read) = unknown();
    let error = environment.try_command(Command::Read(read)).await;
    assert!(matches!(error, Err(InvocationError::DatabaseDefect(_))));
    assert_eq!(environment.fallback.events().len(), 0);
}

async fn an_event_that_cannot_be_understood_fails_the_invocation_and_says_what_would_be(
    surroundings: Surroundings,
) {
    let environment = surroundings.environment().await;
    let ends_at = Deadline::after(START, Duration::from_secs(1));
    for event in [json!({}), json!("migrate"), json!({"command": "drop"})] {
        let error = environment
            .handler
            .handle(event, ends_at)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "event cannot be understood: the JSON has another form than expected; it must be \
             a request of the API Lambda or {\"command\": \"migrate\"} or \
             {\"command\": \"new_incarnation\"}"
        );
    }
}
