//! Several requests in one environment.

use std::{num::NonZeroU8, sync::Arc, time::Duration};

use contract::{Command, Deadline, Read, Reply, Setback, Write};
use lambda_kit::{
    clock::{Clock, SystemClock},
    testing::{Program, RuntimeApi},
};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::timeout};
use uuid::Uuid;

use crate::{
    engine::{Engine, Session, on_each_engine},
    world::{
        Environment, START, Surroundings, TIMEOUTS, command, create, draft, item, new_key, served,
        unavailable,
    },
};

on_each_engine! {
    one_query_that_hangs_lets_all_other_requests_go_on,
    there_are_no_more_connections_than_may_be_and_dead_ones_are_replaced,
    a_request_waits_for_a_connection_no_longer_than_its_deadline,
}

const AT_ONCE: usize = 64;
const CONNECTIONS: NonZeroU8 = NonZeroU8::new(4).unwrap();

fn replace(id: Uuid) -> Write {
    Write::Replace {
        id,
        draft: draft("nut"),
        expected: None,
    }
}

/// Does as much at once as `commands` says, and gives the replies.
async fn at_once(
    environment: &Arc<Environment>,
    commands: impl IntoIterator<Item = Command>,
) -> Vec<Reply> {
    let mut under_way = JoinSet::new();
    for command in commands {
        start(&mut under_way, environment, command);
    }
    under_way.join_all().await
}

fn start(under_way: &mut JoinSet<Reply>, environment: &Arc<Environment>, command: Command) {
    let environment = Arc::clone(environment);
    under_way.spawn(async move { environment.try_command(command).await.unwrap() });
}

fn creates(many: usize) -> impl Iterator<Item = Command> {
    (0..many).map(|_| command(&new_key(), create("bolt")))
}

async fn one_query_that_hangs_lets_all_other_requests_go_on(mut surroundings: Surroundings) {
    surroundings.connections = CONNECTIONS;
    let environment = Arc::new(surroundings.migrated_environment().await);
    let id = environment.create("bolt").await.id;
    let (mut rival, mut observer) = (surroundings.connect().await, surroundings.connect().await);
    rival.hold_items().await;
    let mut hanging = JoinSet::new();
    start(&mut hanging, &environment, command(&new_key(), replace(id)));
    observer.until_somebody_waits().await;

    let others = at_once(&environment, creates(AT_ONCE - 1)).await;
    assert_eq!(others.len(), AT_ONCE - 1);
    for reply in others {
        served(reply);
    }
    assert!(hanging.try_join_next().is_none(), "the row is held still");
    rival.execute("ROLLBACK").await;
    let replaced = hanging.join_next().await.unwrap().unwrap();
    assert_eq!(item(replaced).version, 2);
}

async fn there_are_no_more_connections_than_may_be_and_dead_ones_are_replaced(
    mut surroundings: Surroundings,
) {
    surroundings.connections = CONNECTIONS;
    let environment = Arc::new(surroundings.migrated_environment().await);
    let mut observer = surroundings.connect().await;
    for _ in 0..2 {
        for reply in at_once(&environment, creates(AT_ONCE)).await {
            served(reply);
        }
        let ended = observer.end_all_others().await;
        assert_eq!(ended, usize::from(CONNECTIONS.get()));
    }
    for reply in at_once(&environment, creates(AT_ONCE)).await {
        served(reply);
    }
}

async fn a_request_waits_for_a_connection_no_longer_than_its_deadline(surroundings: Surroundings) {
    let environment = Arc::new(surroundings.migrated_environment().await);
    let id = environment.create("bolt").await.id;
    let (mut rival, mut observer) = (surroundings.connect().await, surroundings.connect().await);
    rival.hold_items().await;
    let mut hanging = JoinSet::new();
    start(&mut hanging, &environment, command(&new_key(), replace(id)));
    observer.until_somebody_waits().await;

    let soon = Deadline::after(START, Duration::from_millis(500));
    let read = Command::Read(Read::Get { id: Uuid::now_v7() });
    let reply = unavailable(environment.ask_before(read, soon).await);
    assert_eq!(reply.setback, Some(Setback::CutShort));
    rival.execute("ROLLBACK").await;
    let replaced = hanging.join_next().await.unwrap().unwrap();
    assert_eq!(item(replaced).version, 2);
}

fn start_program(
    surroundings: &Surroundings,
    api: &RuntimeApi,
    at_a_time: Option<usize>,
) -> Program {
    // Programs use keys without a prefix, which other tests use too in Valkey's first database.
    let cache = format!("{}/13", std::env::var("TEST_CACHE_URL").unwrap());
    Program::start(
        env!("CARGO_BIN_EXE_retry-lambda"),
        api,
        at_a_time,
        &[
            ("STAGE", "local"),
            ("LOG_LEVEL", "debug"),
            ("FALLBACK_FUNCTION_NAME", "fallback"),
            ("CIRCUITS_TABLE_NAME", "circuits"),
            ("DATABASE_URL", &surroundings.database_url),
            ("DATABASE_TIMEOUT_MS", "60000"),
            ("DATABASE_MAX_CONNECTIONS", &CONNECTIONS.to_string()),
            ("CACHE_URL", &cache),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ],
    )
}

fn event(number: usize, command: Command) -> Value {
    let event = contract::Request {
        request_id: number.to_string(),
        deadline: Deadline::after(SystemClock.now(), TIMEOUTS),
        faults: contract::Faults::default(),
        command,
    };
    json!(event)
}

/// One item that a rival holds, and the event that waits for it, before others that need not.
async fn one_held(surroundings: &Surroundings, events: usize) -> (Session, Vec<Value>) {
    let environment = surroundings.migrated_environment().await;
    let id = environment.create("bolt").await.id;
    drop(environment);
    let mut rival = surroundings.connect().await;
    rival.hold_items().await;
    let held = command(&new_key(), replace(id));
    let commands = std::iter::once(held).chain(creates(events - 1));
    let events = commands
        .enumerate()
        .map(|(number, command)| event(number, command));
    (rival, events.collect())
}

#[tokio::test]
async fn the_program_answers_as_many_requests_at_a_time_as_lambda_gives_it() {
    let Some(surroundings) = Surroundings::fresh(Engine::Postgres).await else {
        return;
    };
    let (mut rival, events) = one_held(&surroundings, AT_ONCE).await;
    let mut api = RuntimeApi::all_at_once(events).await;
    let program = start_program(&surroundings, &api, Some(AT_ONCE));
    let others = async {
        for _ in 1..AT_ONCE {
            let (number, answer) = api.answer().await;
            assert_ne!(number, 0, "its row is held");
            assert!(answer["served"].is_object(), "{answer}");
        }
    };
    timeout(TIMEOUTS, others)
        .await
        .expect("they wait for the first");
    rival.execute("ROLLBACK").await;
    let (number, answer) = api.answer().await;
    assert_eq!(number, 0);
    assert_eq!(answer["served"]["body"]["item"]["version"], 2, "{answer}");
    let connections = rival.end_all_others().await;
    assert!(
        (2..=usize::from(CONNECTIONS.get())).contains(&connections),
        "{connections}"
    );
    program.end("items");
}

#[tokio::test]
async fn the_program_answers_one_request_after_the_other_unless_lambda_says_otherwise() {
    const EVENTS: usize = 8;
    let Some(surroundings) = Surroundings::fresh(Engine::Postgres).await else {
        return;
    };
    let (mut rival, events) = one_held(&surroundings, EVENTS).await;
    let mut api = RuntimeApi::with(events).await;
    let program = start_program(&surroundings, &api, None);
    surroundings.connect().await.until_somebody_waits().await;
    rival.execute("ROLLBACK").await;
    for expected in 0..EVENTS {
        let (number, answer) = timeout(TIMEOUTS, api.answer()).await.expect("no answer");
        assert_eq!(number, expected);
        assert!(answer["served"].is_object(), "{answer}");
    }
    assert_eq!(api.most_under_way(), 1);
    assert_eq!(rival.end_all_others().await, 1, "one connection");
    program.end("items");
}
