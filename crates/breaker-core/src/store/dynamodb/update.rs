//! Changes as conditions and update expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::codec::{
    CLOSED, HALF_OPEN, SCHEMA, calls_name, failures_name, lease_expiry_name, lease_owner_name,
    number, owner_text,
};
use crate::{
    protocol::{Change, Epoch, LeaseOwner, LeaseSlot, OnBehalf, SlotKey, Tally},
    time::Timestamp,
};

/// The most slots that one report removes: an expression may have 4 KB.
const MAX_REMOVED_SLOTS: usize = 30;

/// What must hold for a change to be made.
pub(super) struct Condition {
    pub(super) expression: String,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Condition {
    /// The record still is in `epoch`, and of a schema that may be written. A
    /// circuit that nobody has written yet is in epoch 0.
    fn still_in(epoch: Epoch) -> Self {
        let same = "epoch = :epoch AND v = :v";
        let expression = match epoch {
            Epoch(0) => format!("(attribute_not_exists(pk) OR ({same}))"),
            Epoch(_) => same.to_owned(),
        };
        let mut condition = Self {
            expression,
            values: HashMap::new(),
        };
        condition.value(":epoch", number(epoch.0));
        condition.value(":v", number(SCHEMA));
        condition
    }

    fn and(&mut self, clause: &str) {
        self.expression = format!("{} AND {clause}", self.expression);
    }

    fn value(&mut self, name: &str, value: AttributeValue) {
        self.values.insert(name.to_owned(), value);
    }

    /// The place is the owner's, even if its time is over.
    fn leased(&mut self, slot: LeaseSlot, owner: LeaseOwner) {
        self.and(&format!("{} = :owner", lease_owner_name(slot)));
        self.value(":owner", AttributeValue::S(owner_text(owner)));
    }

    /// The place is the owner's, and its time is not over.
    fn held(&mut self, slot: LeaseSlot, owner: LeaseOwner, now: Timestamp) {
        self.leased(slot, owner);
        self.and(&format!("{} > :now", lease_expiry_name(slot)));
        self.value(":now", number(now.as_unix_ms()));
    }
}

/// What must hold for `change`, decided on epoch `expected`.
pub(super) fn allows(change: &Change, expected: Epoch, now: Timestamp) -> Condition {
    let mut condition = Condition::still_in(expected);
    match change {
        Change::TakeLease { slot, .. } => {
            let (owner, expiry) = (lease_owner_name(*slot), lease_expiry_name(*slot));
            condition.and(&format!(
                "phase = :half_open AND (attribute_not_exists({owner}) OR {expiry} <= :now)"
            ));
            condition.value(":half_open", AttributeValue::S(HALF_OPEN.to_owned()));
            condition.value(":now", number(now.as_unix_ms()));
        }
        Change::ProbeSucceeded { slot, owner }
        | Change::Transition {
            on_behalf: OnBehalf::Probe { slot, owner },
            ..
        } => {
            condition.held(*slot, *owner, now);
        }
        Change::ReleaseLease { slot, owner } => condition.leased(*slot, *owner),
        Change::Count { .. }
        | Change::Order { .. }
        | Change::Transition {
            on_behalf: OnBehalf::Fleet,
            ..
        } => {}
    }
    condition
}

/// The parts of an `UpdateItem` request.
pub(super) struct Update {
    pub(super) expression: String,
    pub(super) condition: Condition,
}

impl Update {
    /// The update that does what `change` says, or `None` for a change that
    /// raises the epoch, which replaces the item instead.
    pub(super) fn of(change: &Change, expected: Epoch, now: Timestamp) -> Option<Self> {
        let mut update = Self {
            expression: String::new(),
            condition: allows(change, expected, now),
        };
        match change {
            Change::Count { tally, stale } => update.count(tally, stale, expected),
            Change::TakeLease { slot, lease } => {
                let (owner, expiry) = (lease_owner_name(*slot), lease_expiry_name(*slot));
                update.expression = format!("SET {owner} = :owner, {expiry} = :expiry");
                let values = &mut update.condition;
                values.value(":owner", AttributeValue::S(owner_text(lease.owner)));
                values.value(":expiry", number(lease.expires.as_unix_ms()));
            }
            Change::ProbeSucceeded { slot, .. } => {
                update.expression = format!("{} ADD probe_successes :one", free(*slot));
                update.condition.value(":one", number(1));
            }
            Change::ReleaseLease { slot, .. } => update.expression = free(*slot),
            Change::Transition { .. } | Change::Order { .. } => return None,
        }
        Some(update)
    }

    fn count(&mut self, tally: &Tally, stale: &[SlotKey], epoch: Epoch) {
        let mut adds = Vec::new();
        for (index, (&slot, counts)) in tally.iter().enumerate() {
            let key = SlotKey { epoch, slot };
            adds.push(format!("{} :c{index}", calls_name(key)));
            self.condition
                .value(&format!(":c{index}"), number(counts.calls));
            if counts.failures > 0 {
                adds.push(format!("{} :f{index}", failures_name(key)));
                self.condition
                    .value(&format!(":f{index}"), number(counts.failures));
            }
        }
        // One expression cannot remove and add the same attribute.
        let removes: Vec<String> = stale
            .iter()
            .filter(|key| key.epoch != epoch || !tally.contains_key(&key.slot))
            .take(MAX_REMOVED_SLOTS)
            .flat_map(|&key| [calls_name(key), failures_name(key)])
            .collect();
        let mut clauses = Vec::new();
        if epoch == Epoch(0) {
            clauses.push(
                "SET v = if_not_exists(v, :v), epoch = if_not_exists(epoch, :epoch), \
                 phase = if_not_exists(phase, :closed), since_ms = if_not_exists(since_ms, :zero)"
                    .to_owned(),
            );
            self.condition
                .value(":closed", AttributeValue::S(CLOSED.to_owned()));
            self.condition.value(":zero", number(0));
        }
        if !removes.is_empty() {
            clauses.push(format!("REMOVE {}", removes.join(", ")));
        }
        if !adds.is_empty() {
            clauses.push(format!("ADD {}", adds.join(", ")));
        }
        self.expression = clauses.join(" ");
    }
}

/// Gives a place among the probes back.
fn free(slot: LeaseSlot) -> String {
    format!(
        "REMOVE {}, {}",
        lease_owner_name(slot),
        lease_expiry_name(slot)
    )
}
