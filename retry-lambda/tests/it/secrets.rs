//! What clients store gets into no log and into no error, whatever goes wrong with it.
//!
//! A secret lies in every field that a client fills. Each kind of trouble makes the server, the
//! driver or a parser quote it; the code in the log shows that the trouble came about.

use contract::{Command, Deadline, IdempotencyKey, ItemDraft, PageLimit, Read, Reply, Write};
use lambda_kit::testing::{CapturedLogs, InvokeAnswer, LambdaEndpoint, function_at};
use lambda_runtime::Diagnostic;
use retry_lambda::handler::{Answer, InvocationError};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    engine::{Engine, Session, on_each_engine},
    world::{Environment, START, Surroundings, TIMEOUTS, command, item, new_key},
};

on_each_engine! {
    what_the_database_refuses_is_not_repeated,
    what_the_database_returns_is_not_repeated,
    an_event_that_cannot_be_understood_is_not_repeated,
    what_the_fallback_says_is_not_repeated,
}

/// Not of ASCII alone, for character sets that do not have it all.
const SECRET: &str = "s3cr3t-ключ";
const SECRET_KEY: &str = "s3cr3t-key";
const MARK: &str = "s3cr3t";

/// The most detailed level that there is.
const LEVEL: &str = "trace";

fn secret_draft() -> ItemDraft {
    let draft = json!({"name": SECRET, "description": SECRET, "quantity": 3});
    ItemDraft::parse(&draft).unwrap()
}

/// All that was said of what was done.
struct Heard {
    logs: String,
    answers: Vec<String>,
}

impl Heard {
    fn holds_no_secret(&self, trouble: &str) {
        assert!(!self.logs.contains(MARK), "{trouble}: {}", self.logs);
        for answer in &self.answers {
            assert!(!answer.contains(MARK), "{trouble}: {answer}");
        }
    }

    fn tells(&self, code: &str, trouble: &str) {
        assert!(self.logs.contains(code), "{trouble}: {}", self.logs);
    }
}

/// What an outcome tells beside the items that it serves.
fn told(outcome: Result<Reply, InvocationError>) -> String {
    match outcome {
        Ok(Reply::Served(_)) => String::new(),
        Ok(reply) => format!("{reply:?}"),
        Err(error) => told_of(error),
    }
}

fn told_of(error: InvocationError) -> String {
    let shown = format!("{error} {error:?}");
    format!("{shown} {:?}", Diagnostic::from(error))
}

fn secret_key() -> IdempotencyKey {
    format!("{SECRET_KEY}-{}", Uuid::now_v7()).parse().unwrap()
}

/// Writes and reads with secrets everywhere.
async fn work(environment: &Environment, known: Uuid) -> Vec<String> {
    let page = Read::List {
        limit: PageLimit::default(),
        cursor: None,
    };
    let commands = [
        command(&secret_key(), create()),
        command(&secret_key(), replace(known)),
        Command::Read(Read::Get { id: known }),
        Command::Read(page),
    ];
    let mut answers = Vec::new();
    for command in commands {
        answers.push(told(environment.try_command(command).await));
    }
    answers
}

fn create() -> Write {
    Write::Create {
        id: Uuid::now_v7(),
        draft: secret_draft(),
    }
}

fn replace(id: Uuid) -> Write {
    Write::Replace {
        id,
        draft: secret_draft(),
        expected: None,
    }
}

/// Each trouble: what makes it, and the code that it is known by.
fn troubles_of_writes(engine: Engine) -> Vec<(String, &'static str)> {
    let refuse = |what: &str| format!("ALTER TABLE items ADD CONSTRAINT odd CHECK ({what})");
    let keys = "ALTER TABLE idempotency_keys ADD CONSTRAINT odd CHECK (";
    let once = "CREATE UNIQUE INDEX once ON items (name);
        INSERT INTO items (id, name, description, quantity, version, created_at, updated_at)";
    let owned = |troubles: Vec<(&str, &'static str)>| {
        let owned = |(sql, code): (&str, _)| (sql.to_owned(), code);
        troubles.into_iter().map(owned).collect::<Vec<_>>()
    };
    match engine {
        Engine::Postgres => {
            let id = Uuid::now_v7();
            let mut troubles = vec![
                (
                    refuse(&format!("name <> '{SECRET}'")),
                    "23514, constraint odd",
                ),
                (
                    format!("{keys} key NOT LIKE '%{MARK}%')"),
                    "23514, constraint odd",
                ),
                (
                    format!("{once} VALUES ('{id}', '{SECRET}', '', 0, 1, now(), now())"),
                    "23505, constraint once",
                ),
            ];
            troubles.extend(owned(vec![
                ("ALTER TABLE items ALTER name TYPE varchar(4)", "22001"),
                (
                    "DELETE FROM idempotency_keys;
                     ALTER TABLE idempotency_keys ALTER key TYPE varchar(4)",
                    "22001",
                ),
                ("ALTER TABLE items DROP COLUMN name", "42703"),
                (
                    "ALTER TABLE items DROP CONSTRAINT items_quantity_check;
                     ALTER TABLE items ALTER quantity TYPE text",
                    "another form",
                ),
                ("DROP TABLE items", "42P01"),
                (&of_trigger("RAISE EXCEPTION '%', NEW.name;"), "P0001"),
                (&of_trigger("NEW.quantity = NEW.name::integer;"), "22P02"),
                (&of_trigger("RAISE WARNING '%', NEW.name; RETURN NEW;"), ""),
                (
                    &of_trigger(
                        "PERFORM convert_from(convert_to(NEW.name, 'UTF8') || '\\xff', 'UTF8');",
                    ),
                    "22021",
                ),
            ]));
            troubles
        }
        Engine::MySql => {
            let mut troubles = vec![
                (refuse(&format!("name <> '{SECRET}'")), "4025"),
                (format!("{keys} `key` NOT LIKE '%{MARK}%')"), "4025"),
                (
                    format!(
                        "{once} VALUES (UNHEX(REPLACE(UUID(), '-', '')), '{SECRET}', '', 0, 1, \
                         UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))"
                    ),
                    "1062",
                ),
            ];
            troubles.extend(owned(vec![
                ("ALTER TABLE items MODIFY name varchar(4)", "1406"),
                (
                    "DELETE FROM idempotency_keys;
                     ALTER TABLE idempotency_keys MODIFY `key` varchar(4)",
                    "1406",
                ),
                ("ALTER TABLE items DROP COLUMN name", "1054"),
                (
                    "DELETE FROM items; ALTER TABLE items MODIFY name integer",
                    "1366",
                ),
                (
                    "ALTER TABLE items MODIFY name varchar(200) CHARACTER SET latin1",
                    "1366",
                ),
                ("DROP TABLE items", "1146"),
                (
                    "CREATE TRIGGER odd BEFORE INSERT ON items FOR EACH ROW
                     SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = NEW.name",
                    "1644",
                ),
            ]));
            troubles
        }
    }
}

/// Something that PostgreSQL does before it takes a new item.
fn of_trigger(body: &str) -> String {
    format!(
        "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN {body} RETURN NEW; END $$;
         CREATE TRIGGER odd BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION odd()"
    )
}

/// Does `work` in an environment of its own on a database of its own.
async fn heard(
    engine: Engine,
    trouble: impl AsyncFnOnce(&mut Session, Uuid, &IdempotencyKey),
) -> Heard {
    let surroundings = Surroundings::fresh(engine).await.unwrap();
    let environment = surroundings.migrated_environment().await;
    let key = new_key();
    let known = item(environment.write(&key, create_plain()).await);
    let mut session = surroundings.connect().await;
    trouble(&mut session, known.id, &key).await;
    drop(environment);

    let environment = surroundings.environment().await;
    let (logs, _guard) = CapturedLogs::at(LEVEL);
    let mut answers = work(&environment, known.id).await;
    let again = command(&key, create_plain());
    answers.push(told(environment.try_command(again).await));
    Heard {
        logs: logs.text(),
        answers,
    }
}

fn create_plain() -> Write {
    crate::world::create("bolt")
}

async fn what_the_database_refuses_is_not_repeated(surroundings: Surroundings) {
    for (trouble, code) in troubles_of_writes(surroundings.engine) {
        let heard = heard(surroundings.engine, async |session, _, _| {
            session.execute(&trouble).await;
        })
        .await;
        heard.holds_no_secret(&trouble);
        heard.tells(code, &trouble);
    }
}

/// What lies in the database already cannot be read.
async fn what_the_database_returns_is_not_repeated(surroundings: Surroundings) {
    let reply = format!("{{\"body\": \"{MARK}\"}}");
    let (of_keys, of_type) = match surroundings.engine {
        Engine::Postgres => (
            "key",
            "ALTER TABLE items DROP CONSTRAINT items_version_check;
             ALTER TABLE items ALTER version TYPE text",
        ),
        Engine::MySql => ("`key`", "ALTER TABLE items MODIFY version varchar(200)"),
    };
    let heard = heard(surroundings.engine, async |session, _, key| {
        session
            .execute(&format!("UPDATE items SET name = '{SECRET}'"))
            .await;
        session.execute(of_type).await;
        session
            .execute(&format!("UPDATE items SET version = '{SECRET}'"))
            .await;
        session
            .execute(&format!(
                "UPDATE idempotency_keys SET reply = '{reply}' WHERE {of_keys} = '{key}'"
            ))
            .await;
    })
    .await;
    heard.holds_no_secret("stored");
    heard.tells("a row has another form than expected", "stored");
    let last = heard.answers.last().unwrap();
    assert!(last.contains("another form"), "{last}");
}

async fn an_event_that_cannot_be_understood_is_not_repeated(surroundings: Surroundings) {
    let environment = surroundings.environment().await;
    let (logs, _guard) = CapturedLogs::at(LEVEL);
    let request =
        |command: Value| json!({"request_id": "r-1", "deadline": START, "command": command});
    let write = |write: Value| request(json!({"idempotency_key": SECRET_KEY, "write": write}));
    let events = [
        json!(SECRET),
        json!([SECRET]),
        json!({SECRET: 1}),
        json!({"command": SECRET}),
        json!({"request_id": "r-1", "deadline": SECRET, "command": {}}),
        request(json!({"get": {"id": SECRET}})),
        request(json!({"list": {"limit": 20, "cursor": SECRET}})),
        request(json!({"list": {"limit": SECRET}})),
        write(json!({"create": {"id": SECRET}})),
        write(
            json!({"create": {"id": Uuid::nil(), "draft": {"name": SECRET, "quantity": SECRET}}}),
        ),
        write(json!({"create": {"id": Uuid::nil(), "draft": {"name": SECRET.repeat(99)}}})),
        request(json!({"idempotency_key": format!("{SECRET} {SECRET}"), "write": {}})),
    ];
    for event in events {
        let ends_at = Deadline::after(START, TIMEOUTS);
        let outcome = environment.handler.handle(event.clone(), ends_at).await;
        match outcome {
            Err(error) => {
                let told = told_of(error);
                assert!(!told.contains(MARK), "{event}: {told}");
            }
            Ok(Answer::Items(_) | Answer::Operator(_)) => panic!("{event} was understood"),
        }
    }
    let logs = logs.text();
    assert!(!logs.contains(MARK), "{logs}");
    assert!(logs.contains("event cannot be understood"), "{logs}");
}

/// Its replies and its crashes.
async fn what_the_fallback_says_is_not_repeated(mut surroundings: Surroundings) {
    surroundings.database_url = surroundings.engine.nowhere();
    let crash = json!({"errorType": format!("{SECRET} {SECRET}"), "errorMessage": SECRET});
    let crashed = |text: &str| InvokeAnswer::given(text).with("x-amz-function-error", "Unhandled");
    for answer in [
        InvokeAnswer::given(&json!({"served": SECRET}).to_string()),
        InvokeAnswer::given(&format!("{{{SECRET}")),
        crashed(&crash.to_string()),
        crashed(SECRET),
    ] {
        let text = format!("{answer:?}");
        let mut environment = surroundings.environment().await;
        let endpoint = LambdaEndpoint::always(answer).await;
        environment.handler.fallback = function_at(&endpoint.url);
        let (logs, _guard) = CapturedLogs::at(LEVEL);
        let id = Uuid::now_v7();
        let told = told(
            environment
                .try_command(Command::Read(Read::Get { id }))
                .await,
        );
        assert_ne!(endpoint.events().len(), 0, "it was not asked");
        let logs = logs.text();
        assert!(!told.contains(MARK), "{text}: {told}");
        assert!(!logs.contains(MARK), "{text}: {logs}");
        assert!(logs.contains("fallback cannot be asked"), "{text}: {logs}");
    }
}
