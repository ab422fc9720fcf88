//! The requests on their way through the AWS SDK for Rust. This and `sdk_types`
//! alone know its types.

use aws_sdk_dynamodb::Client;

use super::{
    attribute::Item,
    exchange::Exchange,
    failure::RequestError,
    request::{GetItem, Query, Request, TransactWriteItems, UpdateItem},
    sdk_types::{
        item_from_sdk, item_to_sdk, read_error, return_values, transact_item, transaction_error,
        update_error,
    },
    trail::{Page, Trail},
};
use crate::{
    protocol::{Change, Epoch, Record, TransitionEvent},
    store::{CircuitName, Consistency, StateStore, StoreError},
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

    async fn carry_out(&self, exchange: Exchange) -> Result<Record, StoreError> {
        let answer = match exchange.request().clone() {
            Request::GetItem(request) => self.get_item(request).await,
            Request::UpdateItem(request) => self.update_item(request).await,
            Request::TransactWriteItems(request) => self.transact_write_items(request).await,
        };
        exchange.finish(answer)
    }

    async fn get_item(&self, request: GetItem) -> Result<Option<Item>, RequestError> {
        let send = self
            .client
            .get_item()
            .table_name(request.table_name)
            .set_key(Some(item_to_sdk(request.key)?))
            .consistent_read(request.consistent_read)
            .send();
        let output = send.await.map_err(|error| read_error(&error))?;
        Ok(output.item.map(item_from_sdk))
    }

    async fn update_item(&self, request: UpdateItem) -> Result<Option<Item>, RequestError> {
        let UpdateItem {
            update,
            return_values: shown,
        } = request;
        let refusal_shows = update.return_values_on_condition_check_failure;
        let send = self
            .client
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(item_to_sdk(update.key)?))
            .set_update_expression(update.update_expression)
            .condition_expression(update.condition_expression)
            .set_expression_attribute_names(Some(
                update.expression_attribute_names.into_iter().collect(),
            ))
            .set_expression_attribute_values(Some(item_to_sdk(update.expression_attribute_values)?))
            .return_values(return_values(shown).into())
            .return_values_on_condition_check_failure(return_values(refusal_shows).into())
            .send();
        let output = send.await.map_err(|error| update_error(&error))?;
        Ok(output.attributes.map(item_from_sdk))
    }

    async fn transact_write_items(
        &self,
        request: TransactWriteItems,
    ) -> Result<Option<Item>, RequestError> {
        let items = request.transact_items.into_iter().map(transact_item);
        let send = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items.collect::<Result<_, _>>()?))
            .send();
        send.await.map_err(|error| transaction_error(&error))?;
        Ok(None)
    }

    async fn query(&self, request: Query) -> Result<Page, RequestError> {
        let send = self
            .client
            .query()
            .table_name(request.table_name)
            .key_condition_expression(request.key_condition_expression)
            .set_expression_attribute_values(Some(item_to_sdk(
                request.expression_attribute_values,
            )?))
            .limit(request.limit.into())
            .send();
        let output = send.await.map_err(|error| read_error(&error))?;
        let has_more = output.last_evaluated_key.is_some();
        let items = output.items.unwrap_or_default();
        Ok(Page {
            items: items.into_iter().map(item_from_sdk).collect(),
            has_more,
        })
    }
}

impl StateStore for DynamoDbStore {
    async fn load(
        &self,
        circuit: &CircuitName,
        consistency: Consistency,
    ) -> Result<Record, StoreError> {
        self.carry_out(Exchange::load(&self.table, circuit, consistency))
            .await
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        self.carry_out(Exchange::apply(&self.table, circuit, basis, change, now))
            .await
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        let mut trail = Trail::since(&self.table, circuit, since, limit);
        while let Some(request) = trail.request() {
            let answer = self.query(request).await;
            trail.on_page(answer)?;
        }
        Ok(trail.into_events())
    }
}
