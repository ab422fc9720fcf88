//! One item a circuit in DynamoDB, and one for each transition.
//!
//! # The table
//!
//! | key | type | holds |
//! | --- | --- | --- |
//! | `pk` (partition) | string | the circuit's name |
//! | `sk` (sort) | string | `state`, or `event#<epoch, 20 digits>` |
//!
//! On-demand capacity; TTL on the attribute `ttl`, which events have.
//! The role needs `GetItem`, `UpdateItem`, `PutItem` and `Query` on the table.
//! `docs/dynamodb.md` has its definition, all attributes, and what it costs.
//!
//! # How each change is written
//!
//! A report is one `UpdateItem` with `ADD`, so none is ever lost to another.
//! Leases are taken and given back by one conditional `UpdateItem`. A
//! transition is a conditional update of the phase, in one transaction with
//! its audit event; it touches neither the traffic, to which others may be
//! adding, nor an operator's order. A loser of a race gets the winner's record
//! back with the refusal (`ALL_OLD`), which costs nothing more.

mod codec;
mod expression;
mod failure;
mod update;

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
        Update,
    },
};

use self::{
    codec::{decode_event, decode_record, encode_event, event_key, state_key},
    expression::Expression,
    update::update_of,
};
use super::{CircuitName, Reading, StateStore, StoreError};
use crate::{
    protocol::{Change, Epoch, Record, TransitionEvent},
    time::Timestamp,
};

/// Keeps records in a DynamoDB table.
///
/// Give it a client without SDK retries: the breaker bounds each operation
/// itself and is better off without an answer than with a late one.
#[derive(Debug, Clone)]
pub struct DynamoDbStore {
    client: Client,
    table: String,
}

impl DynamoDbStore {
    /// A store over `table`, which must exist.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    async fn update(
        &self,
        circuit: &CircuitName,
        update: Expression,
    ) -> Result<Record, StoreError> {
        let parts = update.into_parts();
        let output = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(state_key(circuit)))
            .set_update_expression(parts.update)
            .condition_expression(parts.condition)
            .set_expression_attribute_names(Some(parts.names))
            .set_expression_attribute_values(Some(parts.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await
            .map_err(|error| failure::of_update(&error))?;
        let silent = || StoreError::NoAnswer("the answer has no record".to_owned());
        let item = output.attributes.ok_or_else(silent)?;
        // The change is made by now: "unreadable" would say that it is not.
        decode_record(Some(&item)).map_err(|error| StoreError::NoAnswer(error.to_string()))
    }

    /// Changes the record and writes the event, both or neither.
    async fn transition(
        &self,
        circuit: &CircuitName,
        update: Expression,
        event: &TransitionEvent,
    ) -> Result<(), StoreError> {
        let parts = update.into_parts();
        let state = Update::builder()
            .table_name(&self.table)
            .set_key(Some(state_key(circuit)))
            .set_update_expression(parts.update)
            .condition_expression(parts.condition)
            .set_expression_attribute_names(Some(parts.names))
            .set_expression_attribute_values(Some(parts.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let trail = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode_event(circuit, event)))
            .build();
        let incomplete =
            |error: aws_sdk_dynamodb::error::BuildError| StoreError::Refused(error.to_string());
        let state = TransactWriteItem::builder().update(state.map_err(incomplete)?);
        let trail = TransactWriteItem::builder().put(trail.map_err(incomplete)?);
        self.client
            .transact_write_items()
            .transact_items(state.build())
            .transact_items(trail.build())
            .send()
            .await
            .map_err(|error| failure::of_transaction(&error))?;
        Ok(())
    }
}

impl StateStore for DynamoDbStore {
    async fn load(&self, circuit: &CircuitName, reading: Reading) -> Result<Record, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(state_key(circuit)))
            .consistent_read(reading == Reading::Latest)
            .send()
            .await
            .map_err(|error| failure::of_read(&error))?;
        decode_record(output.item.as_ref())
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let update = update_of(basis, change, now);
        let Some(event) = basis.event_of(change, now) else {
            return self.update(circuit, update).await;
        };
        self.transition(circuit, update, &event).await?;
        // Transactions do not tell the item that they leave.
        Ok(basis.after(change, now))
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        let text = AttributeValue::S;
        let mut events = Vec::new();
        let mut after = since;
        // One page has 1 MB at most.
        while let (Some(first), Some(room)) = (after.0.checked_add(1), room(limit, events.len())) {
            let output = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", text(circuit.to_string()))
                .expression_attribute_values(":first", text(event_key(Epoch(first))))
                .expression_attribute_values(":last", text(event_key(Epoch(u64::MAX))))
                .limit(room)
                .send()
                .await
                .map_err(|error| failure::of_read(&error))?;
            for item in output.items() {
                let event = decode_event(item)?;
                after = event.epoch;
                events.push(event);
            }
            if output.last_evaluated_key.is_none() || output.count == 0 {
                break;
            }
        }
        Ok(events)
    }
}

/// How many events are still wanted, if any.
fn room(limit: u16, found: usize) -> Option<i32> {
    let found = u16::try_from(found).unwrap_or(u16::MAX);
    let room = limit.saturating_sub(found);
    (room > 0).then(|| i32::from(room))
}
