//! Records and events as items.
//!
//! | attribute | type | meaning |
//! | --- | --- | --- |
//! | `v` | number | schema, 1 |
//! | `epoch` | number | |
//! | `phase` | string | `closed`, `open` or `half_open` |
//! | `since_ms` | number | when the phase began |
//! | `until_ms`, `reopens` | number | open: when probes may begin; failed recoveries |
//! | `probe_successes` | number | half open |
//! | `l<place>_owner`, `l<place>_until_ms` | string, number | half open: a lease |
//! | `c<epoch>_<slot>`, `f<epoch>_<slot>` | number | calls and failures of a slot |
//! | `override_mode`, `_reason`, `_actor`, `override_until_ms` | | an operator's order |
//! | `cause` | string | why the last transition happened |

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use super::super::{CircuitName, StoreError};
use crate::{
    protocol::{
        Epoch, Evidence, Lease, LeaseOwner, LeaseSlot, MAX_LEASE_SLOTS, Override, OverrideMode,
        Phase, Record, Slot, SlotKey, State, TransitionEvent,
    },
    time::Timestamp,
};

/// An item of the table.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const SCHEMA: u64 = 1;
pub(super) const CLOSED: &str = "closed";
pub(super) const OPEN: &str = "open";
pub(super) const HALF_OPEN: &str = "half_open";

/// Events are kept for 90 days.
const EVENT_TTL_S: u64 = 90 * 24 * 60 * 60;

pub(super) fn state_key(circuit: &CircuitName) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(circuit.as_str())),
        ("sk".to_owned(), text("state")),
    ])
}

/// Sorts by epoch: 20 digits hold any.
pub(super) fn event_key(epoch: Epoch) -> String {
    format!("event#{:020}", epoch.0)
}

pub(super) fn calls_name(key: SlotKey) -> String {
    format!("c{}_{}", key.epoch.0, key.slot.0)
}

pub(super) fn failures_name(key: SlotKey) -> String {
    format!("f{}_{}", key.epoch.0, key.slot.0)
}

pub(super) fn lease_owner_name(place: LeaseSlot) -> String {
    format!("l{place}_owner")
}

pub(super) fn lease_expiry_name(place: LeaseSlot) -> String {
    format!("l{place}_until_ms")
}

pub(super) fn owner_text(owner: LeaseOwner) -> String {
    format!("{:032x}", owner.0)
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn encode_record(circuit: &CircuitName, record: &Record) -> Item {
    let mut item = state_key(circuit);
    let mut put = |name: String, value: AttributeValue| item.insert(name, value);
    put("v".to_owned(), number(SCHEMA));
    put("epoch".to_owned(), number(record.epoch.0));
    put("since_ms".to_owned(), number(record.since().as_unix_ms()));
    match &record.phase {
        Phase::Closed { .. } => {
            put("phase".to_owned(), text(CLOSED));
        }
        Phase::Open { until, reopens, .. } => {
            put("phase".to_owned(), text(OPEN));
            put("until_ms".to_owned(), number(until.as_unix_ms()));
            put("reopens".to_owned(), number(u64::from(*reopens)));
        }
        Phase::HalfOpen {
            reopens,
            successes,
            leases,
            ..
        } => {
            put("phase".to_owned(), text(HALF_OPEN));
            put("reopens".to_owned(), number(u64::from(*reopens)));
            put("probe_successes".to_owned(), number(u64::from(*successes)));
            for (&place, lease) in leases {
                put(lease_owner_name(place), text(&owner_text(lease.owner)));
                put(lease_expiry_name(place), number(lease.expires.as_unix_ms()));
            }
        }
    }
    for (&key, counts) in &record.evidence.0 {
        put(calls_name(key), number(counts.calls));
        put(failures_name(key), number(counts.failures));
    }
    if let Some(order) = &record.standing_override {
        put("override_mode".to_owned(), text(order.mode.as_str()));
        put("override_reason".to_owned(), text(&order.reason));
        put("override_actor".to_owned(), text(&order.actor));
        put(
            "override_until_ms".to_owned(),
            number(order.expires.as_unix_ms()),
        );
    }
    if let Some(cause) = &record.cause {
        put("cause".to_owned(), text(cause));
    }
    item
}

/// The record that an item holds; no item is a circuit that nobody has written.
pub(super) fn decode_record(item: Option<&Item>) -> Result<Record, StoreError> {
    let Some(item) = item.filter(|item| !item.is_empty()) else {
        return Ok(Record::default());
    };
    let fields = Fields(item);
    let schema = fields.number("v")?;
    if schema != SCHEMA {
        return Err(StoreError::Unreadable(format!(
            "schema {schema} is not {SCHEMA}; update this program"
        )));
    }
    Ok(Record {
        epoch: Epoch(fields.number("epoch")?),
        phase: decode_phase(&fields)?,
        evidence: decode_evidence(&fields)?,
        standing_override: decode_override(&fields)?,
        cause: fields.optional_text("cause")?.map(ToOwned::to_owned),
    })
}

fn decode_phase(fields: &Fields<'_>) -> Result<Phase, StoreError> {
    let since = fields.timestamp("since_ms")?;
    match fields.text("phase")? {
        CLOSED => Ok(Phase::Closed { since }),
        OPEN => Ok(Phase::Open {
            since,
            until: fields.timestamp("until_ms")?,
            reopens: fields.small("reopens")?,
        }),
        HALF_OPEN => Ok(Phase::HalfOpen {
            since,
            reopens: fields.small("reopens")?,
            successes: fields.small("probe_successes")?,
            leases: decode_leases(fields)?,
        }),
        other => Err(StoreError::Unreadable(format!("unknown phase {other:?}"))),
    }
}

fn decode_leases(fields: &Fields<'_>) -> Result<BTreeMap<LeaseSlot, Lease>, StoreError> {
    let mut leases = BTreeMap::new();
    for place in 0..MAX_LEASE_SLOTS {
        let name = lease_owner_name(place);
        let Some(owner) = fields.optional_text(&name)? else {
            continue;
        };
        let owner = u128::from_str_radix(owner, 16).map_err(|_| unreadable(&name))?;
        let expires = fields.timestamp(&lease_expiry_name(place))?;
        leases.insert(
            place,
            Lease {
                owner: LeaseOwner(owner),
                expires,
            },
        );
    }
    Ok(leases)
}

fn decode_evidence(fields: &Fields<'_>) -> Result<Evidence, StoreError> {
    let mut evidence = Evidence::default();
    for name in fields.0.keys() {
        let Some(key) = slot_key(name) else { continue };
        let count = fields.number(name)?;
        let counts = evidence.0.entry(key).or_default();
        if name.starts_with('c') {
            counts.calls = count;
        } else {
            counts.failures = count;
        }
    }
    Ok(evidence)
}

/// Reads `c7_412` and `f7_412`.
fn slot_key(name: &str) -> Option<SlotKey> {
    let (epoch, slot) = name.strip_prefix(['c', 'f'])?.split_once('_')?;
    Some(SlotKey {
        epoch: Epoch(epoch.parse().ok()?),
        slot: Slot(slot.parse().ok()?),
    })
}

fn decode_override(fields: &Fields<'_>) -> Result<Option<Override>, StoreError> {
    let Some(mode) = fields.optional_text("override_mode")? else {
        return Ok(None);
    };
    let modes = [
        OverrideMode::ForceOpen,
        OverrideMode::ForceClosed,
        OverrideMode::Shadow,
    ];
    let mode = modes
        .into_iter()
        .find(|known| known.as_str() == mode)
        .ok_or_else(|| StoreError::Unreadable(format!("unknown override {mode:?}")))?;
    Ok(Some(Override {
        mode,
        reason: fields.text("override_reason")?.to_owned(),
        actor: fields.text("override_actor")?.to_owned(),
        expires: fields.timestamp("override_until_ms")?,
    }))
}

pub(super) fn encode_event(circuit: &CircuitName, event: &TransitionEvent) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(circuit.as_str())),
        ("sk".to_owned(), text(&event_key(event.epoch))),
        ("v".to_owned(), number(SCHEMA)),
        ("epoch".to_owned(), number(event.epoch.0)),
        ("at_ms".to_owned(), number(event.at.as_unix_ms())),
        ("from_state".to_owned(), text(event.from.as_str())),
        ("to_state".to_owned(), text(event.to.as_str())),
        ("reason".to_owned(), text(&event.reason)),
        ("actor".to_owned(), text(&event.actor)),
        (
            "ttl".to_owned(),
            number(event.at.as_unix_ms() / 1_000 + EVENT_TTL_S),
        ),
    ])
}

pub(super) fn decode_event(item: &Item) -> Result<TransitionEvent, StoreError> {
    let fields = Fields(item);
    Ok(TransitionEvent {
        epoch: Epoch(fields.number("epoch")?),
        at: fields.timestamp("at_ms")?,
        from: fields.state("from_state")?,
        to: fields.state("to_state")?,
        reason: fields.text("reason")?.to_owned(),
        actor: fields.text("actor")?.to_owned(),
    })
}

fn unreadable(name: &str) -> StoreError {
    StoreError::Unreadable(format!("attribute {name} is missing or malformed"))
}

/// Reads attributes by name and type.
struct Fields<'a>(&'a Item);

impl<'a> Fields<'a> {
    fn number(&self, name: &str) -> Result<u64, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_n().ok());
        value
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| unreadable(name))
    }

    fn small(&self, name: &str) -> Result<u32, StoreError> {
        u32::try_from(self.number(name)?).map_err(|_| unreadable(name))
    }

    fn timestamp(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.number(name).map(Timestamp::from_unix_ms)
    }

    fn text(&self, name: &str) -> Result<&'a str, StoreError> {
        self.optional_text(name)?.ok_or_else(|| unreadable(name))
    }

    fn optional_text(&self, name: &str) -> Result<Option<&'a str>, StoreError> {
        let read = |value: &'a AttributeValue| value.as_s().map(String::as_str);
        self.0
            .get(name)
            .map(read)
            .transpose()
            .map_err(|_| unreadable(name))
    }

    fn state(&self, name: &str) -> Result<State, StoreError> {
        let found = self.text(name)?;
        [
            State::Closed,
            State::Open,
            State::HalfOpen,
            State::ForcedOpen,
            State::ForcedClosed,
            State::Shadow,
        ]
        .into_iter()
        .find(|known| known.as_str() == found)
        .ok_or_else(|| StoreError::Unreadable(format!("unknown state {found:?}")))
    }
}
