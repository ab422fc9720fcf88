//! What a response tells of the way to its answer.

use std::time::Duration;

use contract::{
    AttemptOutcome::{Error, Miss, Ok, Refused, Rejected, Unavailable},
    Command, Expected, Read,
    Target::{Cache, Database, Fallback},
    Write,
};
use lambda_kit::circuits::DATABASE;
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{START, Surroundings, command, create, draft, new_key},
};

on_each_engine! {
    a_read_tells_what_the_cache_had_and_that_the_database_was_asked,
    a_write_tells_what_the_database_made_of_it,
    trouble_is_told_where_it_was_met,
}

fn get(id: Uuid) -> Command {
    Command::Read(Read::Get { id })
}

async fn a_read_tells_what_the_cache_had_and_that_the_database_was_asked(
    surroundings: Surroundings,
) {
    let environment = surroundings.migrated_environment().await;
    let id = Uuid::now_v7();
    // That there is none is noted in the cache, for a moment.
    let asked = environment.asked_for(get(id)).await;
    assert_eq!(asked, [(Cache, Miss), (Database, Ok), (Cache, Ok)]);
    assert_eq!(environment.asked_for(get(id)).await, [(Cache, Refused)]);
    let item = environment.create("bolt").await;
    assert_eq!(environment.asked_for(get(item.id)).await, [(Cache, Ok)]);
}

async fn a_write_tells_what_the_database_made_of_it(surroundings: Surroundings) {
    let environment = surroundings.migrated_environment().await;
    let item = environment.create("bolt").await;
    let replace = |expected| {
        let draft = draft("nut");
        let id = item.id;
        let write = Write::Replace {
            id,
            expected: Some(Expected::from(expected)),
            draft,
        };
        command(&new_key(), write)
    };
    let done = environment.asked_for(replace(item.version)).await;
    assert_eq!(done, [(Database, Ok), (Cache, Ok)]);
    let refused = environment.asked_for(replace(item.version)).await;
    assert_eq!(refused, [(Database, Refused), (Cache, Ok)]);
}

async fn trouble_is_told_where_it_was_met(mut surroundings: Surroundings) {
    surroundings.database_url = surroundings.engine.nowhere();
    let environment = surroundings.environment().await;
    let failed = environment.asked_for(get(Uuid::now_v7())).await;
    let expected = [
        (Cache, Miss),
        (Database, Error),
        (Cache, Ok),
        (Fallback, Unavailable),
    ];
    assert_eq!(failed, expected);
    let write = command(&new_key(), create("bolt"));
    assert_eq!(environment.asked_for(write).await, [(Database, Error)]);
    let until = START + Duration::from_hours(1);
    surroundings.hold_open(DATABASE, until).await;
    let environment = surroundings.environment().await;
    let write = command(&new_key(), create("bolt"));
    assert_eq!(environment.asked_for(write).await, [(Database, Rejected)]);
}
