//! One request about a circuit's record, and what its answer means.

use super::{
    attribute::Item,
    codec::{decode_record, encode_event, state_key},
    expression::Expression,
    failure::RequestError,
    request::{
        GetItem, Put, Request, ReturnValues, TransactItem, TransactWriteItems, Update, UpdateItem,
    },
    update::update_of,
};
use crate::{
    protocol::{Change, Record},
    store::{CircuitName, Consistency, StoreError},
    time::Timestamp,
};

/// A request and what becomes of its answer. Whoever carries it needs to know
/// neither circuits nor expressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    request: Request,
    meaning: Meaning,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    /// The item that was read holds the record.
    Loaded,
    /// The change is made, and the answer shows the item after it.
    Updated,
    /// The change is made. Transactions do not tell the item that they leave:
    /// it is this one.
    Transacted(Box<Record>),
}

impl Exchange {
    /// Reads the record of `circuit` in `table`.
    pub fn load(table: &str, circuit: &CircuitName, consistency: Consistency) -> Self {
        Self {
            request: Request::GetItem(GetItem {
                table_name: table.to_owned(),
                key: state_key(circuit),
                consistent_read: consistency == Consistency::Strong,
            }),
            meaning: Meaning::Loaded,
        }
    }

    /// Applies `change`, decided on `basis` at `now`, to the record of `circuit`
    /// in `table`. A change that raises the epoch leaves an event behind in the
    /// same transaction.
    pub fn apply(
        table: &str,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Self {
        let update = update(table, circuit, update_of(basis, change, now));
        match basis.event_of(change, now) {
            None => Self {
                request: Request::UpdateItem(UpdateItem {
                    update,
                    return_values: ReturnValues::AllNew,
                }),
                meaning: Meaning::Updated,
            },
            Some(event) => {
                let trail = Put {
                    table_name: table.to_owned(),
                    item: encode_event(circuit, &event),
                };
                Self {
                    request: Request::TransactWriteItems(TransactWriteItems {
                        transact_items: vec![
                            TransactItem::Update(update),
                            TransactItem::Put(trail),
                        ],
                    }),
                    meaning: Meaning::Transacted(Box::new(basis.after(change, now))),
                }
            }
        }
    }

    /// What DynamoDB is asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The record that the answer stands for. The answer's item is `Item` of
    /// `GetItem`, `Attributes` of `UpdateItem`, and none of
    /// `TransactWriteItems`.
    ///
    /// # Errors
    ///
    /// What the error means for the breaker; [`StoreError::Conflict`] carries
    /// the record that won.
    pub fn finish(self, answer: Result<Option<Item>, RequestError>) -> Result<Record, StoreError> {
        let item = answer?;
        match self.meaning {
            Meaning::Loaded => decode_record(item.as_ref()),
            Meaning::Updated => {
                let no_record = || StoreError::NoAnswer("the answer has no record".to_owned());
                let item = item.ok_or_else(no_record)?;
                // The change is made by now: "unreadable" would say that it is not.
                decode_record(Some(&item)).map_err(|error| StoreError::NoAnswer(error.to_string()))
            }
            Meaning::Transacted(after) => Ok(*after),
        }
    }
}

fn update(table: &str, circuit: &CircuitName, expression: Expression) -> Update {
    let parts = expression.into_parts();
    Update {
        table_name: table.to_owned(),
        key: state_key(circuit),
        update_expression: parts.update,
        condition_expression: parts.condition,
        expression_attribute_names: parts.names,
        expression_attribute_values: parts.values,
        return_values_on_condition_check_failure: ReturnValues::AllOld,
    }
}

#[cfg(test)]
mod tests;
