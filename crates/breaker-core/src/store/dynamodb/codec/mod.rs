//! Records and events as items.
//!
//! A circuit's item, `sk` = `state`:
//!
//! | attribute | type | meaning |
//! | --- | --- | --- |
//! | `v` | number | schema, 2; any other is refused and left as it is |
//! | `epoch` | number | how many transitions there have been |
//! | `phase` | string | `closed`, `open` or `half_open` |
//! | `since_ms` | number | when the phase began |
//! | `until_ms` | number | open: from then on a call may become a probe |
//! | `reopens` | number | open, half open: recoveries that failed in a row |
//! | `probe_successes` | number | half open: probes that succeeded |
//! | `l<place>_owner`, `l<place>_until_ms` | string, number | half open: a lease, 32 hexadecimal digits, and its end |
//! | `c<epoch>_<slot>` | number | calls of a slot of evidence |
//! | `f<epoch>_<slot>`, `s<epoch>_<slot>` | number | those that failed, and that were slow; absent if none |
//! | `a<slot>` | number | arrivals that heartbeats told of in a slot of traffic |
//! | `k<slot>`, `t<slot>` | number | their contacts, and lifetime in ms; absent if 0 |
//! | `override_mode` | string | an operator's order: `force_open`, `force_closed` or `shadow` |
//! | `override_reason`, `override_actor`, `override_until_ms` | string, string, number | why, by whom, until when |
//! | `cause` | string | why the last transition happened |
//!
//! Times are milliseconds since the Unix epoch. Attributes of other names are
//! left alone: what older programs may overlook can be added without a new
//! schema, what they must not overlook needs one.

mod event;
mod fields;
mod names;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use self::fields::{Fields, unreadable};
pub(super) use self::{
    event::{decode_event, encode_event, event_key},
    names::{Counter, lease_expiry, lease_owner},
};
use super::super::{CircuitName, StoreError};
use crate::{
    protocol::{
        Epoch, Evidence, Lease, LeaseOwner, LeaseSlot, MAX_LEASE_SLOTS, Override, OverrideMode,
        Phase, Record, Traffic,
    },
    time::Timestamp,
};

/// An item of the table.
pub(super) type Item = HashMap<String, AttributeValue>;

/// An attribute and its value.
pub(super) type Attribute = (String, AttributeValue);

pub(super) const SCHEMA: u64 = 2;
pub(super) const CLOSED: &str = "closed";
pub(super) const OPEN: &str = "open";
pub(super) const HALF_OPEN: &str = "half_open";

/// What an operator's order consists of.
pub(super) const ORDER: [&str; 4] = [
    "override_mode",
    "override_reason",
    "override_actor",
    "override_until_ms",
];

pub(super) fn state_key(circuit: &CircuitName) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(circuit.as_str())),
        ("sk".to_owned(), text("state")),
    ])
}

pub(super) fn owner_text(owner: LeaseOwner) -> String {
    format!("{:032x}", owner.0)
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn time(at: Timestamp) -> AttributeValue {
    number(at.as_unix_ms())
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// A phase, in full.
pub(super) fn encode_phase(phase: &Phase) -> Vec<Attribute> {
    match phase {
        Phase::Closed { since } => vec![
            ("phase".to_owned(), text(CLOSED)),
            ("since_ms".to_owned(), time(*since)),
        ],
        Phase::Open {
            since,
            until,
            reopens,
        } => vec![
            ("phase".to_owned(), text(OPEN)),
            ("since_ms".to_owned(), time(*since)),
            ("until_ms".to_owned(), time(*until)),
            ("reopens".to_owned(), number(u64::from(*reopens))),
        ],
        Phase::HalfOpen {
            since,
            reopens,
            successes,
            leases,
        } => {
            let mut attributes = vec![
                ("phase".to_owned(), text(HALF_OPEN)),
                ("since_ms".to_owned(), time(*since)),
                ("reopens".to_owned(), number(u64::from(*reopens))),
                ("probe_successes".to_owned(), number(u64::from(*successes))),
            ];
            let leases = leases.iter();
            attributes.extend(leases.flat_map(|(&place, &lease)| encode_lease(place, lease)));
            attributes
        }
    }
}

/// Every attribute that some phase has.
pub(super) fn names_of_phases() -> impl Iterator<Item = String> {
    let fixed = [
        "phase",
        "since_ms",
        "until_ms",
        "reopens",
        "probe_successes",
    ];
    let leases = (0..MAX_LEASE_SLOTS).flat_map(|place| [lease_owner(place), lease_expiry(place)]);
    fixed.into_iter().map(ToOwned::to_owned).chain(leases)
}

pub(super) fn encode_lease(place: LeaseSlot, lease: Lease) -> [Attribute; 2] {
    [
        (lease_owner(place), text(&owner_text(lease.owner))),
        (lease_expiry(place), time(lease.expires)),
    ]
}

pub(super) fn encode_order(order: &Override) -> [Attribute; 4] {
    let [mode, reason, actor, until] = ORDER.map(ToOwned::to_owned);
    [
        (mode, text(order.mode.as_str())),
        (reason, text(&order.reason)),
        (actor, text(&order.actor)),
        (until, time(order.expires)),
    ]
}

/// The record that an item holds; no item is a circuit that nobody has written.
pub(super) fn decode_record(item: Option<&Item>) -> Result<Record, StoreError> {
    let Some(item) = item.filter(|item| !item.is_empty()) else {
        return Ok(Record::default());
    };
    let fields = Fields(item);
    check_schema(fields.number("v")?)?;
    let (evidence, traffic) = decode_counters(&fields)?;
    Ok(Record {
        epoch: Epoch(fields.number("epoch")?),
        phase: decode_phase(&fields)?,
        evidence,
        traffic,
        standing_override: decode_order(&fields)?,
        cause: fields.optional_text("cause")?.map(ToOwned::to_owned),
    })
}

fn check_schema(found: u64) -> Result<(), StoreError> {
    let advice = match found {
        SCHEMA => return Ok(()),
        0..SCHEMA => "an older program wrote it; once none is running any more, delete the item",
        _ => "a newer program wrote it; update this one",
    };
    let why = format!("its schema is {found} and not {SCHEMA}: {advice}");
    Err(StoreError::Unreadable(why))
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
        let (owner, expiry) = (lease_owner(place), lease_expiry(place));
        // Half a lease is none that anybody could give back.
        if fields.has_any(&[&owner, &expiry]) {
            let lease = Lease {
                owner: decode_owner(fields.text(&owner)?).ok_or_else(|| unreadable(&owner))?,
                expires: fields.timestamp(&expiry)?,
            };
            leases.insert(place, lease);
        }
    }
    Ok(leases)
}

/// Owners are compared as text, so only one spelling will do.
fn decode_owner(found: &str) -> Option<LeaseOwner> {
    let owner = LeaseOwner(u128::from_str_radix(found, 16).ok()?);
    (owner_text(owner) == found).then_some(owner)
}

fn decode_counters(fields: &Fields<'_>) -> Result<(Evidence, Traffic), StoreError> {
    let (mut evidence, mut traffic) = (Evidence::default(), Traffic::default());
    for name in fields.0.keys() {
        if let Some(counter) = Counter::named(name) {
            counter.put(fields.number(name)?, &mut evidence, &mut traffic);
        }
    }
    Ok((evidence, traffic))
}

fn decode_order(fields: &Fields<'_>) -> Result<Option<Override>, StoreError> {
    // Half an order must not be taken for none.
    if !fields.has_any(&ORDER) {
        return Ok(None);
    }
    let mode = fields.text("override_mode")?;
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
