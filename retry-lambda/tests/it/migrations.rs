//! The operator's command.

use std::time::Duration;

use contract::{Deadline, OperatorReply, Source};
use retry_lambda::handler::{Answer, InvocationError};
use serde_json::json;

use crate::{
    engine::{Engine, on_each_engine},
    world::{FRESH_FOR, START, Surroundings, source},
};

on_each_engine! {
    migrating_again_changes_nothing,
    of_two_that_migrate_at_once_one_does_the_work,
    a_migration_that_cannot_be_done_fails_the_invocation,
    a_migration_ends_with_its_invocation,
    a_column_that_a_later_migration_adds_does_not_disturb_a_warm_environment,
}

fn migrated(applied: usize) -> Answer {
    Answer::Operator(OperatorReply::Migrated { applied })
}

async fn migrating_again_changes_nothing(surroundings: Surroundings) {
    let environment = surroundings.environment().await;
    let first = environment.migrate().await.unwrap();
    assert_eq!(
        serde_json::to_value(&first).unwrap(),
        json!({"migrated": {"applied": surroundings.engine.migrations()}})
    );
    assert_eq!(environment.migrate().await.unwrap(), migrated(0));
}

async fn of_two_that_migrate_at_once_one_does_the_work(surroundings: Surroundings) {
    let (one, other) = (
        surroundings.environment().await,
        surroundings.environment().await,
    );
    let (one, other) = tokio::join!(one.migrate(), other.migrate());
    let answers = [one.unwrap(), other.unwrap()];
    assert!(
        answers.contains(&migrated(surroundings.engine.migrations())),
        "{answers:?}"
    );
    assert!(answers.contains(&migrated(0)), "{answers:?}");
}

async fn a_migration_that_cannot_be_done_fails_the_invocation(mut surroundings: Surroundings) {
    surroundings.database_url = surroundings.engine.nowhere();
    let environment = surroundings.environment().await;
    let error = environment.migrate().await.unwrap_err();
    assert!(matches!(error, InvocationError::MigrationFailed(_)));
}

async fn a_migration_ends_with_its_invocation(surroundings: Surroundings) {
    let environment = surroundings.environment().await;
    let ended = Deadline::after(START, Duration::ZERO);
    let event = json!({"command": "migrate"});
    let error = environment.handler.handle(event, ended).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot migrate: not done within 0 ms");
}

async fn a_column_that_a_later_migration_adds_does_not_disturb_a_warm_environment(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    environment.clock.advance(FRESH_FOR);
    environment.get(id).await;
    surroundings
        .connect()
        .await
        .execute("ALTER TABLE items ADD COLUMN colour text")
        .await;
    environment.create("nut").await;
    environment.clock.advance(FRESH_FOR);
    assert_eq!(source(environment.get(id).await), Source::Database);
}

/// MySQL commits when it changes the schema, so the mark of a migration can be
/// there without the migration.
#[tokio::test]
async fn a_migration_that_mysql_was_kept_from_is_done_again() {
    let Some(surroundings) = Surroundings::fresh(Engine::MySql).await else {
        return;
    };
    let environment = surroundings.migrated_environment().await;
    let mut session = surroundings.connect().await;
    session.execute("DROP TABLE idempotency_keys").await;
    let mark = "UPDATE _sqlx_migrations SET success = false WHERE version = 2";
    session.execute(mark).await;
    assert_eq!(environment.migrate().await.unwrap(), migrated(1));
    environment.create("bolt").await;
}
