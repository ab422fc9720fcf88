//! Values of every kind, and documents that are nearly values.

use chrono::{DateTime, Utc};
use contract::{
    Attempt, AttemptOutcome, Body, CacheContent, CacheEntry, Command, Cursor, Deadline, Dependency,
    Expected, Fault, FaultKind, FaultRate, FaultTarget, Faults, IdempotencyKey, Incarnation, Item,
    ItemDraft, ItemPage, PageLimit, Read, Refusal, Reply, Request, Response, Served, Setback,
    Source, Target, Unavailable, Write,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) fn id() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

/// Any moment that a clock may show, to the nanosecond.
fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..253_402_300_800, 0_u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
}

/// Text that the database can store: anything but the null character.
fn text() -> impl Strategy<Value = String> {
    vec(proptest::char::range('\u{1}', char::MAX), 0..40).prop_map(String::from_iter)
}

pub(crate) fn cursor() -> impl Strategy<Value = Cursor> {
    id().prop_map(|after| Cursor { after })
}

fn limit() -> impl Strategy<Value = PageLimit> {
    (1..=PageLimit::MAX).prop_map(|limit| PageLimit::try_from(limit).unwrap())
}

/// A document that a client may send as a draft.
pub(crate) fn draft_document() -> impl Strategy<Value = Value> {
    let name = text().prop_map(|text| format!("x{text}"));
    (name, text(), 0..=1_000_000_000_i64).prop_map(|(name, description, quantity)| {
        json!({"name": name, "description": description, "quantity": quantity})
    })
}

fn draft() -> impl Strategy<Value = ItemDraft> {
    draft_document().prop_map(|document| ItemDraft::parse(&document).unwrap())
}

pub(crate) fn read() -> impl Strategy<Value = Read> {
    prop_oneof![
        id().prop_map(|id| Read::Get { id }),
        (limit(), option::of(cursor())).prop_map(|(limit, cursor)| Read::List { limit, cursor }),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let versions = || vec(any::<i64>(), 0..3);
    let expected = move || {
        option::of(prop_oneof![
            versions().prop_map(Expected::one_of),
            versions().prop_map(Expected::none_of),
        ])
    };
    prop_oneof![
        (id(), draft()).prop_map(|(id, draft)| Write::Create { id, draft }),
        (id(), draft(), expected()).prop_map(|(id, draft, expected)| Write::Replace {
            id,
            draft,
            expected
        }),
        (id(), expected()).prop_map(|(id, expected)| Write::Delete { id, expected }),
    ]
}

fn key() -> impl Strategy<Value = IdempotencyKey> {
    let letter = (b'!'..=b'~').prop_filter("a comma parts two keys", |byte| *byte != b',');
    vec(letter, 1..=IdempotencyKey::MAX_LENGTH)
        .prop_map(|bytes| String::from_utf8(bytes).unwrap().parse().unwrap())
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        read().prop_map(Command::Read),
        (key(), write()).prop_map(|(idempotency_key, write)| Command::Write {
            idempotency_key,
            write
        }),
    ]
}

pub(crate) fn request<C: std::fmt::Debug>(
    command: impl Strategy<Value = C>,
) -> impl Strategy<Value = Request<C>> {
    (text(), moment(), faults(), command).prop_map(|(request_id, deadline, faults, command)| {
        Request {
            request_id,
            deadline: Deadline::after(deadline, std::time::Duration::ZERO),
            faults,
            command,
        }
    })
}

fn faults() -> impl Strategy<Value = Faults> {
    let target = proptest::sample::select(FaultTarget::ALL.to_vec());
    let kind = prop_oneof![
        Just(FaultKind::Error),
        any::<u32>().prop_map(|latency_ms| FaultKind::Latency { latency_ms }),
        Just(FaultKind::Hang),
        Just(FaultKind::Crash),
    ];
    let rate =
        (1_u32..=1_000_000).prop_map(|parts| FaultRate::try_from(f64::from(parts) / 1e6).unwrap());
    let fault = (kind, rate, moment()).prop_map(|(kind, rate, expires)| Fault {
        kind,
        rate,
        expires,
    });
    proptest::collection::btree_map(target, fault, 0..3).prop_map(Faults)
}

fn item() -> impl Strategy<Value = Item> {
    (
        id(),
        text(),
        text(),
        any::<i64>(),
        any::<i64>(),
        moment(),
        moment(),
    )
        .prop_map(
            |(id, name, description, quantity, version, created_at, updated_at)| Item {
                id,
                name,
                description,
                quantity,
                version,
                created_at,
                updated_at,
            },
        )
}

fn page() -> impl Strategy<Value = ItemPage> {
    (vec(item(), 0..4), option::of(cursor()))
        .prop_map(|(items, next_cursor)| ItemPage { items, next_cursor })
}

pub(crate) fn entry() -> impl Strategy<Value = CacheEntry> {
    let content = prop_oneof![
        item().prop_map(CacheContent::Item),
        id().prop_map(CacheContent::tombstone),
        page().prop_map(CacheContent::Page),
    ];
    let incarnation = any::<i64>().prop_map(Incarnation::numbered);
    (content, incarnation, moment(), moment()).prop_map(
        |(content, incarnation, as_of, fresh_until)| CacheEntry {
            content,
            incarnation,
            as_of,
            fresh_until,
        },
    )
}

pub(crate) fn response() -> impl Strategy<Value = Response> {
    let attempts = vec(attempt(vec(attempt(Just(Vec::new())), 0..3)), 0..4);
    (reply(), attempts).prop_map(|(reply, attempts)| Response { reply, attempts })
}

fn attempt(inner: impl Strategy<Value = Vec<Attempt>>) -> impl Strategy<Value = Attempt> {
    let target = select(vec![
        Target::Retry,
        Target::Fallback,
        Target::Database,
        Target::Cache,
    ]);
    let outcome = select(vec![
        AttemptOutcome::Ok,
        AttemptOutcome::Degraded,
        AttemptOutcome::Miss,
        AttemptOutcome::Refused,
        AttemptOutcome::Unavailable,
        AttemptOutcome::Timeout,
        AttemptOutcome::Error,
        AttemptOutcome::Rejected,
    ]);
    (target, outcome, any::<u64>(), any::<u64>(), inner).prop_map(
        |(target, outcome, started_ms, duration_ms, attempts)| Attempt {
            target,
            outcome,
            started_ms,
            duration_ms,
            attempts,
        },
    )
}

fn reply() -> impl Strategy<Value = Reply> {
    let body = prop_oneof![
        item().prop_map(Body::Item),
        page().prop_map(Body::Page),
        id().prop_map(|id| Body::Deleted { id }),
    ];
    let source = prop_oneof![
        Just(Source::Database),
        Just(Source::Cache),
        Just(Source::Fallback)
    ];
    let refusal = prop_oneof![
        (id(), option::of(setback()))
            .prop_map(|(id, setback)| Refusal::not_found(id).after(setback)),
        any::<i64>().prop_map(|current| Refusal::VersionMismatch { current }),
        Just(Refusal::IdempotencyKeyReused),
        Just(Refusal::StillUnderWay),
    ];
    let dependency = prop_oneof![
        Just(Dependency::Database),
        Just(Dependency::Cache),
        Just(Dependency::NothingCached),
        Just(Dependency::Time),
    ];
    prop_oneof![
        (body, source, moment(), option::of(setback())).prop_map(
            |(body, source, as_of, setback)| Reply::Served(Served {
                body,
                source,
                as_of,
                setback
            })
        ),
        refusal.prop_map(Reply::Refused),
        (dependency, text(), option::of(setback()), any::<bool>()).prop_map(
            |(dependency, reason, setback, unchanged)| {
                Reply::Unavailable(Unavailable {
                    dependency,
                    reason,
                    setback,
                    unchanged,
                })
            }
        ),
    ]
}

fn setback() -> impl Strategy<Value = Setback> {
    prop_oneof![
        option::of(moment()).prop_map(|open_until| Setback::Failed { open_until }),
        moment().prop_map(|until| Setback::Open { until }),
        Just(Setback::Recovering),
        Just(Setback::CutShort),
    ]
}

/// JSON of any shape, often with the names that the parsers look for.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let name = || {
        prop_oneof![
            proptest::sample::select(
                &[
                    "schema",
                    "content",
                    "item",
                    "page",
                    "tombstone",
                    "id",
                    "version",
                    "as_of",
                    "request_id",
                    "deadline",
                    "command",
                    "read",
                    "write",
                    "get",
                    "list",
                    "limit",
                    "cursor",
                    "name",
                    "description",
                    "quantity",
                    "served",
                    "refused",
                    "migrate",
                ][..]
            )
            .prop_map(str::to_owned),
            text(),
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        name().prop_map(Value::from),
        id().prop_map(|id| json!(id)),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name(), inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}
