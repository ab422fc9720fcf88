//! Records and events as items.
//!
//! A circuit's item, `sk` = `state`:
//!
//! | attribute | type | meaning |
//! | --- | --- | --- |
//! | `v` | number | schema, 3; any other is refused and left as it is |
//! | `epoch` | number | how many transitions and overrides there have been |
//! | `phase` | string | `closed`, `open` or `half_open` |
//! | `since_ms` | number | when the phase began |
//! | `opened_ms` | number | when the circuit opened; closed: when it had opened before |
//! | `until_ms` | number | open: from then on a call may become a probe |
//! | `reopens` | number | open, half open: recoveries that failed in a row |
//! | `doubt` | number | how often in a row it has opened on a partial failure |
//! | `suspected_ms` | number | closed: since when so much has gone wrong that calls are told whatever their outcome; else absent |
//! | `probe_successes`, `probe_failures` | number | half open: probes that succeeded, and that failed while successes outweighed failures |
//! | `l<place>_owner`, `l<place>_until_ms` | string, number | half open: a lease, 32 hexadecimal digits, and its end |
//! | `c<epoch>_<slot>` | number | calls of a slot that witnesses told of; absent if none, as the others |
//! | `f<epoch>_<slot>`, `s<epoch>_<slot>`, `b<epoch>_<slot>` | number | those that failed, that were slow, that were both |
//! | `w<epoch>_<slot>` | number | alarms: calls that failed or were slow, told by others |
//! | `a<slot>` | number | arrivals that heartbeats told of in a slot of traffic |
//! | `k<slot>`, `t<slot>`, `r<slot>` | number | their contacts, lifetime in ms, and calls refused; absent if 0 |
//! | `override_mode` | string | an operator's override: `force_open`, `force_closed` or `shadow` |
//! | `override_reason`, `override_actor`, `override_until_ms` | string, string, number | why, by whom, until when |
//! | `cause` | string | why the last transition happened |
//!
//! Counts beyond 64 bits are read as 2⁶⁴ − 1. Times are milliseconds since the
//! Unix epoch. Attributes of other names are
//! left alone: what older programs may overlook can be added without a new
//! schema, what they must not overlook needs one.

mod event;
mod fields;
mod names;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::fields::{Fields, unknown, unreadable};
pub(super) use self::{
    event::{decode_event, encode_event, event_key},
    names::{Counter, lease_expiry, lease_owner},
};
use super::attribute::{AttributeValue, Item};
use crate::{
    protocol::{
        Epoch, Evidence, Lease, LeaseIndex, LeaseOwner, MAX_LEASES, Override, OverrideMode, Phase,
        Record, Traffic,
    },
    store::{CircuitName, StoreError},
    time::Timestamp,
};

/// An attribute and its value.
pub(super) type Attribute = (String, AttributeValue);

pub(super) const SCHEMA: u64 = 3;
pub(super) const CLOSED: &str = "closed";
pub(super) const OPEN: &str = "open";
pub(super) const HALF_OPEN: &str = "half_open";

/// When a suspicion was raised.
pub(super) const SUSPECTED: &str = "suspected_ms";

/// What an operator's override consists of.
pub(super) const OVERRIDE: [&str; 4] = [
    "override_mode",
    "override_reason",
    "override_actor",
    "override_until_ms",
];

pub(super) fn state_key(circuit: &CircuitName) -> Item {
    Item::from([
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
        Phase::Closed {
            since,
            opened,
            doubt,
            suspected,
        } => {
            let mut attributes = vec![
                ("phase".to_owned(), text(CLOSED)),
                ("since_ms".to_owned(), time(*since)),
                ("opened_ms".to_owned(), time(*opened)),
                ("doubt".to_owned(), number(u64::from(*doubt))),
            ];
            attributes.extend(suspected.map(|since| (SUSPECTED.to_owned(), time(since))));
            attributes
        }
        Phase::Open {
            since,
            opened,
            until,
            reopens,
            doubt,
        } => vec![
            ("phase".to_owned(), text(OPEN)),
            ("since_ms".to_owned(), time(*since)),
            ("opened_ms".to_owned(), time(*opened)),
            ("until_ms".to_owned(), time(*until)),
            ("reopens".to_owned(), number(u64::from(*reopens))),
            ("doubt".to_owned(), number(u64::from(*doubt))),
        ],
        Phase::HalfOpen {
            since,
            opened,
            reopens,
            doubt,
            successes,
            failures,
            leases,
        } => {
            let mut attributes = vec![
                ("phase".to_owned(), text(HALF_OPEN)),
                ("since_ms".to_owned(), time(*since)),
                ("opened_ms".to_owned(), time(*opened)),
                ("reopens".to_owned(), number(u64::from(*reopens))),
                ("doubt".to_owned(), number(u64::from(*doubt))),
                ("probe_successes".to_owned(), number(u64::from(*successes))),
                ("probe_failures".to_owned(), number(u64::from(*failures))),
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
        "opened_ms",
        "until_ms",
        "reopens",
        "doubt",
        SUSPECTED,
        "probe_successes",
        "probe_failures",
    ];
    let leases = (0..MAX_LEASES).flat_map(|place| [lease_owner(place), lease_expiry(place)]);
    fixed.into_iter().map(ToOwned::to_owned).chain(leases)
}

pub(super) fn encode_lease(place: LeaseIndex, lease: Lease) -> [Attribute; 2] {
    [
        (lease_owner(place), text(&owner_text(lease.owner))),
        (lease_expiry(place), time(lease.expires)),
    ]
}

pub(super) fn encode_override(placed: &Override) -> [Attribute; 4] {
    let [mode, reason, actor, until] = OVERRIDE.map(ToOwned::to_owned);
    [
        (mode, text(placed.mode.as_str())),
        (reason, text(&placed.reason)),
        (actor, text(&placed.actor)),
        (until, time(placed.expires)),
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
        epoch: decode_epoch(&fields)?,
        phase: decode_phase(&fields)?,
        evidence,
        traffic,
        standing_override: decode_override(&fields)?,
        cause: fields.optional_text("cause")?.map(ToOwned::to_owned),
    })
}

/// An epoch near the end of its type leaves no room for transitions.
fn decode_epoch(fields: &Fields<'_>) -> Result<Epoch, StoreError> {
    const LAST: u64 = u64::MAX / 2;
    let epoch = fields.number("epoch")?;
    (epoch < LAST)
        .then_some(Epoch(epoch))
        .ok_or_else(|| unreadable("epoch"))
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
    let opened = fields.timestamp("opened_ms")?;
    match fields.text("phase")? {
        CLOSED => Ok(Phase::Closed {
            since,
            opened,
            doubt: fields.small("doubt")?,
            suspected: fields.optional_timestamp(SUSPECTED)?,
        }),
        OPEN => Ok(Phase::Open {
            since,
            opened,
            until: fields.timestamp("until_ms")?,
            reopens: fields.small("reopens")?,
            doubt: fields.small("doubt")?,
        }),
        HALF_OPEN => Ok(Phase::HalfOpen {
            since,
            opened,
            reopens: fields.small("reopens")?,
            doubt: fields.small("doubt")?,
            successes: fields.small("probe_successes")?,
            failures: fields.small("probe_failures")?,
            leases: decode_leases(fields)?,
        }),
        _ => Err(unknown("phase")),
    }
}

fn decode_leases(fields: &Fields<'_>) -> Result<BTreeMap<LeaseIndex, Lease>, StoreError> {
    let mut leases = BTreeMap::new();
    for place in 0..MAX_LEASES {
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
            counter.put(fields.counter(name)?, &mut evidence, &mut traffic);
        }
    }
    Ok((evidence, traffic))
}

fn decode_override(fields: &Fields<'_>) -> Result<Option<Override>, StoreError> {
    // Half an override must not be taken for none.
    if !fields.has_any(&OVERRIDE) {
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
        .ok_or_else(|| unknown("override_mode"))?;
    Ok(Some(Override {
        mode,
        reason: fields.text("override_reason")?.to_owned(),
        actor: fields.text("override_actor")?.to_owned(),
        expires: fields.timestamp("override_until_ms")?,
    }))
}
