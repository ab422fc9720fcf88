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
//!
//! # How each change is written
//!
//! Counts are added by one `UpdateItem` with `ADD`, so no report is ever lost
//! to another. Leases are taken and given back by one conditional
//! `UpdateItem`. A transition replaces the item by a `Put` that is conditional
//! on the epoch, in one transaction with its audit event. A loser of a race
//! gets the winner's record back with the refusal (`ALL_OLD`), at no cost.

mod codec;
mod failure;
mod update;

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    },
};

use self::{
    codec::{Item, decode_event, decode_record, encode_event, encode_record, event_key, state_key},
    update::{Condition, Update},
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

    async fn update(&self, circuit: &CircuitName, update: Update) -> Result<Record, StoreError> {
        let output = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(state_key(circuit)))
            .update_expression(update.expression)
            .condition_expression(update.condition.expression)
            .set_expression_attribute_values(Some(update.condition.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await
            .map_err(|error| failure::of_update(&error))?;
        decode_record(output.attributes.as_ref())
    }

    /// Replaces the record and writes the event, both or neither.
    async fn transition(
        &self,
        circuit: &CircuitName,
        condition: Condition,
        next: Record,
        event: &TransitionEvent,
    ) -> Result<Record, StoreError> {
        let state = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode_record(circuit, &next)))
            .condition_expression(condition.expression)
            .set_expression_attribute_values(Some(condition.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let trail = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode_event(circuit, event)))
            .build();
        let mut write = self.client.transact_write_items();
        for put in [state, trail] {
            let put = put.map_err(|error| StoreError::Refused(error.to_string()))?;
            write = write.transact_items(TransactWriteItem::builder().put(put).build());
        }
        write
            .send()
            .await
            .map_err(|error| failure::of_transaction(&error))?;
        Ok(next)
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
        if let Some(update) = Update::of(change, basis.epoch, now) {
            return self.update(circuit, update).await;
        }
        let Some(event) = basis.event_of(change, now) else {
            return Err(StoreError::Refused(
                "the change is none that this store knows".to_owned(),
            ));
        };
        let next = basis.after(change, now);
        let condition = update::allows(change, basis.epoch, now);
        self.transition(circuit, condition, next, &event).await
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        let Some(first) = since.0.checked_add(1) else {
            return Ok(Vec::new());
        };
        let text = AttributeValue::S;
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(circuit.to_string()))
            .expression_attribute_values(":first", text(event_key(Epoch(first))))
            .expression_attribute_values(":last", text(event_key(Epoch(u64::MAX))))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| failure::of_read(&error))?;
        output
            .items()
            .iter()
            .map(|item: &Item| decode_event(item))
            .collect()
    }
}
