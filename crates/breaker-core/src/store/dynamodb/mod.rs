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
    update::Update,
};
use super::{CircuitName, Reading, StateStore, StoreError};
use crate::{
    protocol::{Change, Conflict, Epoch, Record, TransitionEvent},
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
            .condition_expression(update.condition)
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await
            .map_err(failure::of_update)?;
        decode_record(output.attributes.as_ref())
    }

    /// Replaces the record and writes the event, both or neither.
    async fn transition(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        next: Record,
        event: &TransitionEvent,
    ) -> Result<Record, StoreError> {
        let (condition, values) = update::still_in(basis.epoch);
        let state = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode_record(circuit, &next)))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
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
        write.send().await.map_err(failure::of_transaction)?;
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
            .map_err(failure::of_read)?;
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
        let next = basis.apply(basis.epoch, change, now)?;
        let event = basis.event_of(change, now).ok_or_else(|| Conflict {
            current: Box::new(basis.clone()),
        })?;
        self.transition(circuit, basis, next, &event).await
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        let text = AttributeValue::S;
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(circuit.to_string()))
            .expression_attribute_values(":first", text(event_key(since.next())))
            .expression_attribute_values(":last", text(event_key(Epoch(u64::MAX))))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(failure::of_read)?;
        output
            .items()
            .iter()
            .map(|item: &Item| decode_event(item))
            .collect()
    }
}
