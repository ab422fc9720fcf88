//! The trail's entries as items.

use super::{
    SCHEMA,
    fields::{Fields, unknown},
    number, text,
};
use crate::{
    protocol::{Epoch, State, TransitionEvent},
    store::{CircuitName, StoreError, dynamodb::attribute::Item},
};

/// Events are kept for 90 days.
const EVENT_TTL_S: u64 = 90 * 24 * 60 * 60;

/// Sorts by epoch: 20 digits hold any.
pub(in super::super) fn event_key(epoch: Epoch) -> String {
    format!("event#{:020}", epoch.0)
}

pub(in super::super) fn encode_event(circuit: &CircuitName, event: &TransitionEvent) -> Item {
    let expires_s = (event.at.as_unix_ms() / 1_000).saturating_add(EVENT_TTL_S);
    let attributes = [
        ("pk", text(circuit.as_str())),
        ("sk", text(&event_key(event.epoch))),
        ("v", number(SCHEMA)),
        ("epoch", number(event.epoch.0)),
        ("at_ms", number(event.at.as_unix_ms())),
        ("from_state", text(event.from.as_str())),
        ("to_state", text(event.to.as_str())),
        ("reason", text(&event.reason)),
        ("actor", text(&event.actor)),
        ("ttl", number(expires_s)),
    ];
    attributes
        .into_iter()
        .chain(
            event
                .expires
                .map(|at| ("until_ms", number(at.as_unix_ms()))),
        )
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(in super::super) fn decode_event(item: &Item) -> Result<TransitionEvent, StoreError> {
    let fields = Fields(item);
    Ok(TransitionEvent {
        epoch: Epoch(fields.number("epoch")?),
        at: fields.timestamp("at_ms")?,
        from: decode_state(&fields, "from_state")?,
        to: decode_state(&fields, "to_state")?,
        reason: fields.text("reason")?.to_owned(),
        actor: fields.text("actor")?.to_owned(),
        expires: fields.optional_timestamp("until_ms")?,
    })
}

fn decode_state(fields: &Fields<'_>, name: &str) -> Result<State, StoreError> {
    let found = fields.text(name)?;
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
    .ok_or_else(|| unknown(name))
}
