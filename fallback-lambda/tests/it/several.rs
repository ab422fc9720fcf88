//! Several requests in one environment: the program, as Lambda starts it.

use std::{collections::BTreeMap, time::Duration};

use chrono::DateTime;
use contract::{
    CacheContent, CacheEntry, CacheKey, Deadline, Fault, FaultKind, FaultRate, FaultTarget, Faults,
    Incarnation, Item, Read, Request,
};
use lambda_kit::{
    cache::{Cache, CacheConfig},
    clock::{Clock, SystemClock},
    iam::Login,
    testing::{Program, RuntimeApi, no_faults, server},
};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

const AT_ONCE: usize = 64;
/// Ample: what tests claim does not depend on how busy the machine is.
const TIMEOUTS: Duration = Duration::from_mins(1);

/// What becomes of a request, by the faults that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Hangs,
    FailsAtTheCache,
    IsServed,
}

/// The fates of the first requests; the first one's is chosen by the test.
fn fate(number: usize, first: Fate) -> Fate {
    match number {
        0 => first,
        odd if odd % 2 == 1 => Fate::FailsAtTheCache,
        _ => Fate::IsServed,
    }
}

/// A corner of the cache with an item for each request.
struct Corner {
    url: String,
    items: Vec<Uuid>,
}

impl Corner {
    /// Programs use keys without a prefix, so the corner is one of Valkey's databases.
    async fn with(items: usize, database: u8) -> Option<Self> {
        let url = format!("{}/{database}", server("TEST_CACHE_URL")?);
        let cache = Cache::new(
            CacheConfig {
                limit: TIMEOUTS,
                ..CacheConfig::new(url.parse().unwrap())
            },
            Login::OfUrl,
            no_faults(),
        );
        let items: Vec<_> = (0..items).map(|_| Uuid::now_v7()).collect();
        for id in &items {
            let now = SystemClock.now();
            let entry = CacheEntry {
                content: CacheContent::Item(item(*id)),
                incarnation: Incarnation::numbered(1),
                as_of: now,
                fresh_until: now,
            };
            cache.put(&CacheKey::Item(*id), &entry).await.unwrap();
        }
        Some(Self { url, items })
    }

    fn events(&self, first: Fate) -> Vec<Value> {
        let event = |(number, id): (usize, &Uuid)| {
            let now = SystemClock.now();
            let fault = |target, kind| {
                let fault = Fault {
                    kind,
                    rate: FaultRate::ALWAYS,
                    expires: now + TIMEOUTS,
                };
                Faults(BTreeMap::from([(target, fault)]))
            };
            json!(Request {
                request_id: number.to_string(),
                deadline: Deadline::after(now, TIMEOUTS),
                faults: match fate(number, first) {
                    Fate::Hangs => fault(FaultTarget::Fallback, FaultKind::Hang),
                    Fate::FailsAtTheCache => fault(FaultTarget::Cache, FaultKind::Error),
                    Fate::IsServed => Faults::default(),
                },
                command: Read::Get { id: *id },
            })
        };
        self.items.iter().enumerate().map(event).collect()
    }

    fn start(&self, api: &RuntimeApi, at_a_time: Option<usize>) -> Program {
        Program::start(
            env!("CARGO_BIN_EXE_fallback-lambda"),
            api,
            at_a_time,
            &[
                ("STAGE", "local"),
                ("FAULT_INJECTION", "allowed"),
                ("CACHE_URL", &self.url),
            ],
        )
    }

    /// The next answer is about what its own request asked for, and only requests with faults
    /// met any; gives its number, and whether an item was served.
    async fn next(&self, api: &mut RuntimeApi, first: Fate) -> (usize, bool) {
        let answered = timeout(TIMEOUTS, api.answer()).await;
        let (number, answer) = answered.expect("it waits for others");
        let served = answer.pointer("/served/body/item/id");
        if let Some(id) = served {
            assert_eq!(fate(number, first), Fate::IsServed, "{answer}");
            assert_eq!(*id, self.items[number].to_string(), "{answer}");
        } else {
            let reason = answer
                .pointer("/unavailable/reason")
                .and_then(Value::as_str);
            let injected = reason == Some("cache: fault injected: it was not done");
            // The cache's own time limit is short, and the machine may be busy.
            let expected = fate(number, first) == Fate::FailsAtTheCache;
            assert_eq!(injected, expected, "{number}: {answer}");
            assert_eq!(answer["unavailable"]["dependency"], "cache", "{answer}");
        }
        (number, served.is_some())
    }
}

fn item(id: Uuid) -> Item {
    Item {
        id,
        name: "bolt".to_owned(),
        description: String::new(),
        quantity: 1,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

/// Each fault is told of in the span of the request that carried it.
fn logged_each_request_apart(program: Program, requests: usize, first: Fate) {
    let lines = program.end("fallback");
    let injected = lines
        .iter()
        .filter(|line| line["message"] == "fault injected");
    let mut told: Vec<(usize, String)> = injected
        .map(|line| {
            let id = line["span"]["request_id"].as_str().unwrap();
            let target = line["fault_target"].as_str().unwrap();
            (id.parse().unwrap(), target.to_owned())
        })
        .collect();
    told.sort_unstable();
    let expected: Vec<_> = (0..requests)
        .filter_map(|number| match fate(number, first) {
            Fate::Hangs => Some((number, "fallback".to_owned())),
            Fate::FailsAtTheCache => Some((number, "cache".to_owned())),
            Fate::IsServed => None,
        })
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_program_answers_all_other_requests_while_one_hangs() {
    let Some(corner) = Corner::with(AT_ONCE, 14).await else {
        return;
    };
    let mut api = RuntimeApi::all_at_once(corner.events(Fate::Hangs)).await;
    let program = corner.start(&api, Some(AT_ONCE));
    let mut served = 0;
    for _ in 1..AT_ONCE {
        let (number, is_served) = corner.next(&mut api, Fate::Hangs).await;
        assert_ne!(number, 0, "it hangs");
        served += usize::from(is_served);
    }
    assert_ne!(served, 0);
    assert_eq!(api.most_under_way(), AT_ONCE);
    logged_each_request_apart(program, AT_ONCE, Fate::Hangs);
}

#[tokio::test]
async fn the_program_answers_one_request_after_the_other_unless_lambda_says_otherwise() {
    const EVENTS: usize = 8;
    let Some(corner) = Corner::with(EVENTS, 15).await else {
        return;
    };
    let mut api = RuntimeApi::with(corner.events(Fate::IsServed)).await;
    let program = corner.start(&api, None);
    for expected in 0..EVENTS {
        assert_eq!(corner.next(&mut api, Fate::IsServed).await.0, expected);
    }
    assert_eq!(api.most_under_way(), 1);
    logged_each_request_apart(program, EVENTS, Fate::IsServed);
}
