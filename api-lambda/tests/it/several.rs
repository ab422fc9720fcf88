//! Several requests in one environment: the program, as Lambda starts it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::DateTime;
use contract::{Body, Item, Refusal, Reply, Served, Source};
use lambda_kit::{
    clock::{Clock, SystemClock},
    testing::{Invocation, InvokeAnswer, LambdaEndpoint, Program, RuntimeApi},
};
use serde_json::{Value, json};
use tokio::{
    sync::{Barrier, Notify},
    time::timeout,
};
use uuid::Uuid;

use crate::events::unguarded;

const AT_ONCE: usize = 64;
/// Ample: what tests claim does not depend on how busy the machine is.
const TIMEOUTS: Duration = Duration::from_mins(1);

/// A read of an item whose id ends with the event's number.
fn event(number: usize) -> Value {
    let id = Uuid::from_u128(number as u128);
    let mut event = unguarded("GET", &format!("/items/{id}"));
    event["headers"]["x-request-id"] = json!(number.to_string());
    event
}

/// Every second item is there.
fn is_there(number: u128) -> bool {
    number.is_multiple_of(2)
}

fn reply_about(id: Uuid) -> Reply {
    if !is_there(id.as_u128()) {
        return Reply::Refused(Refusal::not_found(id));
    }
    let item = Item {
        id,
        name: "bolt".to_owned(),
        description: String::new(),
        quantity: 1,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    };
    Reply::Served(Served {
        body: Body::Item(item),
        source: Source::Database,
        as_of: SystemClock.now(),
        setback: None,
    })
}

/// What an invocation said of itself.
struct Seen {
    request_id: String,
    trace: Option<String>,
}

/// The functions behind the program, and what they saw.
struct Behind {
    endpoint: LambdaEndpoint,
    /// Lets the invocation about item 0 end.
    release: Arc<Notify>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Behind {
    /// The Retry Lambda gives no answer before `at_once` have asked, and the first item's request
    /// only when it is released.
    async fn waiting_for(at_once: usize) -> Self {
        let (all_here, release) = (Arc::new(Barrier::new(at_once)), Arc::new(Notify::new()));
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let (released, noted) = (Arc::clone(&release), Arc::clone(&seen));
        let script = move |invocation: Invocation| {
            let (all_here, released) = (Arc::clone(&all_here), Arc::clone(&released));
            let event = invocation.event;
            let request_id = event["request_id"].as_str().unwrap().to_owned();
            noted.lock().unwrap().push(Seen {
                request_id,
                trace: invocation.trace,
            });
            let id = event
                .pointer("/command/read/get/id")
                .or_else(|| event.pointer("/command/get/id"));
            let id: Uuid = id.unwrap().as_str().unwrap().parse().unwrap();
            async move {
                // A healthy read in a hundred asks the other function too.
                if invocation.function == "retry" {
                    all_here.wait().await;
                    if id.is_nil() {
                        released.notified().await;
                    }
                }
                InvokeAnswer::reply(reply_about(id))
            }
        };
        Self {
            endpoint: LambdaEndpoint::answering(script).await,
            release,
            seen,
        }
    }

    async fn start(&self, api: &RuntimeApi, at_a_time: Option<usize>) -> Program {
        // No circuit has a record yet.
        let table = LambdaEndpoint::always(InvokeAnswer::given("{}")).await;
        Program::start(
            env!("CARGO_BIN_EXE_api-lambda"),
            api,
            at_a_time,
            &[
                ("STAGE", "local"),
                ("LOG_LEVEL", "debug"),
                ("RETRY_FUNCTION_NAME", "retry"),
                ("FALLBACK_FUNCTION_NAME", "fallback"),
                ("CIRCUITS_TABLE_NAME", "circuits"),
                ("REQUEST_TIMEOUT_MS", "120000"),
                ("ATTEMPT_TIMEOUT_MS", "60000"),
                ("AWS_ENDPOINT_URL_LAMBDA", &self.endpoint.url),
                ("AWS_ENDPOINT_URL_DYNAMODB", &table.url),
            ],
        )
    }

    /// Each invocation belongs to the request that it says it does.
    fn saw_each_request_apart(&self) {
        for seen in self.seen.lock().unwrap().iter() {
            assert_eq!(seen.trace, Some(format!("trace-{}", seen.request_id)));
        }
    }
}

/// The next answer is to the request that it is given to; gives its number.
async fn next(api: &mut RuntimeApi) -> usize {
    let answered = timeout(TIMEOUTS, api.answer()).await;
    let (number, answer) = answered.expect("it waits for others");
    assert_eq!(answer["headers"]["x-request-id"], number.to_string());
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let id = Uuid::from_u128(number as u128).to_string();
    if is_there(number as u128) {
        assert_eq!(answer["statusCode"], 200, "{answer}");
        assert_eq!(body["data"]["id"], id);
    } else {
        assert_eq!(answer["statusCode"], 404, "{answer}");
        assert_eq!(body["request_id"], number.to_string());
    }
    number
}

/// Each request is said to be answered once, with its own status, in its own span.
fn logged_each_request_apart(program: Program, requests: usize) {
    let lines = program.end("request");
    let answered = lines.iter().filter(|line| line["message"] == "answered");
    let mut told: Vec<(usize, u64)> = answered
        .map(|line| {
            let id = line["span"]["request_id"].as_str().unwrap();
            (id.parse().unwrap(), line["status"].as_u64().unwrap())
        })
        .collect();
    told.sort_unstable();
    let status = |number| if is_there(number as u128) { 200 } else { 404 };
    let expected: Vec<_> = (0..requests)
        .map(|number| (number, status(number)))
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_program_answers_all_other_requests_while_one_waits_for_its_function() {
    let behind = Behind::waiting_for(AT_ONCE).await;
    let mut api = RuntimeApi::all_at_once((0..AT_ONCE).map(event)).await;
    let program = behind.start(&api, Some(AT_ONCE)).await;
    for _ in 1..AT_ONCE {
        assert_ne!(next(&mut api).await, 0, "its function hangs");
    }
    behind.release.notify_one();
    assert_eq!(next(&mut api).await, 0);
    assert_eq!(api.most_under_way(), AT_ONCE);
    behind.saw_each_request_apart();
    logged_each_request_apart(program, AT_ONCE);
}

#[tokio::test]
async fn the_program_answers_one_request_after_the_other_unless_lambda_says_otherwise() {
    const EVENTS: usize = 8;
    let behind = Behind::waiting_for(1).await;
    behind.release.notify_one();
    let mut api = RuntimeApi::with((0..EVENTS).map(event)).await;
    let program = behind.start(&api, None).await;
    for expected in 0..EVENTS {
        assert_eq!(next(&mut api).await, expected);
    }
    assert_eq!(api.most_under_way(), 1);
    behind.saw_each_request_apart();
    logged_each_request_apart(program, EVENTS);
}
