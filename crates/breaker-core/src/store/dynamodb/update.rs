//! Changes that keep the epoch, as update expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::codec::{
    CLOSED, HALF_OPEN, SCHEMA, calls_name, failures_name, lease_expiry_name, lease_owner_name,
    number, owner_text,
};
use crate::{
    protocol::{Change, Epoch, SlotKey},
    time::Timestamp,
};

/// The parts of an `UpdateItem` request.
pub(super) struct Update {
    pub(super) expression: String,
    pub(super) condition: String,
    pub(super) values: HashMap<String, AttributeValue>,
}

/// The condition that the record still is in `epoch`. A circuit that nobody
/// has written yet is in epoch 0.
pub(super) fn still_in(epoch: Epoch) -> (String, HashMap<String, AttributeValue>) {
    let condition = match epoch {
        Epoch(0) => "(attribute_not_exists(pk) OR epoch = :epoch)",
        Epoch(_) => "epoch = :epoch",
    };
    (
        condition.to_owned(),
        HashMap::from([(":epoch".to_owned(), number(epoch.0))]),
    )
}

impl Update {
    /// The update that does what `change` says, or `None` for a change that
    /// raises the epoch, which replaces the item instead.
    pub(super) fn of(change: &Change, expected: Epoch, now: Timestamp) -> Option<Self> {
        let (condition, values) = still_in(expected);
        let mut update = Self {
            expression: String::new(),
            condition,
            values,
        };
        match change {
            Change::Count { tally, stale } => {
                let adds = tally.iter().flat_map(|(&slot, counts)| {
                    let key = SlotKey {
                        epoch: expected,
                        slot,
                    };
                    let calls = (calls_name(key), counts.calls);
                    let failures = (failures_name(key), counts.failures);
                    [calls, failures]
                        .into_iter()
                        .filter(|(_, count)| *count > 0)
                });
                update.count(adds, stale, expected);
            }
            Change::TakeLease { slot, lease } => {
                let (owner, expiry) = (lease_owner_name(*slot), lease_expiry_name(*slot));
                update.expression = format!("SET {owner} = :owner, {expiry} = :expiry");
                update.require(&format!(
                    "phase = :half_open AND (attribute_not_exists({owner}) OR {expiry} <= :now)"
                ));
                update.value(":half_open", AttributeValue::S(HALF_OPEN.to_owned()));
                update.value(":owner", AttributeValue::S(owner_text(lease.owner)));
                update.value(":expiry", number(lease.expires.as_unix_ms()));
                update.value(":now", number(now.as_unix_ms()));
            }
            Change::ProbeSucceeded { slot, owner } => {
                let (held_by, expiry) = (lease_owner_name(*slot), lease_expiry_name(*slot));
                update.expression = format!("REMOVE {held_by}, {expiry} ADD probe_successes :one");
                update.require(&format!("{held_by} = :owner"));
                update.value(":owner", AttributeValue::S(owner_text(*owner)));
                update.value(":one", number(1));
            }
            Change::ReleaseLease { slot, owner } => {
                let (held_by, expiry) = (lease_owner_name(*slot), lease_expiry_name(*slot));
                update.expression = format!("REMOVE {held_by}, {expiry}");
                update.require(&format!("{held_by} = :owner"));
                update.value(":owner", AttributeValue::S(owner_text(*owner)));
            }
            Change::Transition { .. } | Change::Order { .. } => return None,
        }
        Some(update)
    }

    fn count(
        &mut self,
        adds: impl Iterator<Item = (String, u64)>,
        stale: &[SlotKey],
        expected: Epoch,
    ) {
        let adds: Vec<String> = adds
            .enumerate()
            .map(|(index, (name, count))| {
                let value = format!(":n{index}");
                self.value(&value, number(count));
                format!("{name} {value}")
            })
            .collect();
        let removes: Vec<String> = stale
            .iter()
            .flat_map(|&key| [calls_name(key), failures_name(key)])
            .collect();
        let mut clauses = Vec::new();
        if expected == Epoch(0) {
            clauses.push(
                "SET v = if_not_exists(v, :v), epoch = if_not_exists(epoch, :epoch), \
                 phase = if_not_exists(phase, :closed), since_ms = if_not_exists(since_ms, :zero)"
                    .to_owned(),
            );
            self.value(":v", number(SCHEMA));
            self.value(":closed", AttributeValue::S(CLOSED.to_owned()));
            self.value(":zero", number(0));
        }
        if !removes.is_empty() {
            clauses.push(format!("REMOVE {}", removes.join(", ")));
        }
        if !adds.is_empty() {
            clauses.push(format!("ADD {}", adds.join(", ")));
        }
        self.expression = clauses.join(" ");
    }

    fn require(&mut self, condition: &str) {
        self.condition = format!("{} AND {condition}", self.condition);
    }

    fn value(&mut self, name: &str, value: AttributeValue) {
        self.values.insert(name.to_owned(), value);
    }
}
