//! Reading a circuit's transitions, page by page.

use std::collections::BTreeMap;

use super::{
    attribute::{AttributeValue, Item},
    codec::{decode_event, event_key},
    failure::RequestError,
    request::Query,
};
use crate::{
    protocol::{Epoch, TransitionEvent},
    store::{CircuitName, StoreError},
};

/// A reading of a circuit's transitions. One page has 1 MB at most, so it may
/// take several requests.
#[derive(Debug)]
pub struct Trail {
    table: String,
    circuit: CircuitName,
    /// The epoch of the last event that is known.
    after: Epoch,
    limit: u16,
    found: Vec<TransitionEvent>,
    /// Whether there may be more.
    has_more: bool,
}

/// An answer to a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// `Items`.
    pub items: Vec<Item>,
    /// Whether the answer has a `LastEvaluatedKey`.
    pub has_more: bool,
}

impl Trail {
    /// Reads the transitions of `circuit` in `table` after epoch `since`, at most
    /// `limit`.
    pub fn since(table: &str, circuit: &CircuitName, since: Epoch, limit: u16) -> Self {
        Self {
            table: table.to_owned(),
            circuit: circuit.clone(),
            after: since,
            limit,
            found: Vec::new(),
            has_more: true,
        }
    }

    /// What DynamoDB is to be asked; `None` when all is known.
    pub fn request(&self) -> Option<Query> {
        if !self.has_more {
            return None;
        }
        let found = u16::try_from(self.found.len()).unwrap_or(u16::MAX);
        let room = self.limit.checked_sub(found).filter(|room| *room > 0)?;
        let first = Epoch(self.after.0.checked_add(1)?);
        let values = [
            (":pk", self.circuit.to_string()),
            (":first", event_key(first)),
            (":last", event_key(Epoch(u64::MAX))),
        ];
        let values = values.map(|(name, text)| (name.to_owned(), AttributeValue::S(text)));
        Some(Query {
            table_name: self.table.clone(),
            key_condition_expression: "pk = :pk AND sk BETWEEN :first AND :last".to_owned(),
            expression_attribute_values: BTreeMap::from(values),
            limit: room,
        })
    }

    /// Takes in an answer.
    ///
    /// # Errors
    ///
    /// What the error means for the breaker, or an event that cannot be
    /// understood.
    pub fn on_page(&mut self, answer: Result<Page, RequestError>) -> Result<(), StoreError> {
        let Page { items, has_more } = answer?;
        // A page without items would be asked for again and again.
        self.has_more = has_more && !items.is_empty();
        for item in &items {
            let event = decode_event(item)?;
            self.after = event.epoch;
            self.found.push(event);
        }
        Ok(())
    }

    /// What was found, oldest first.
    pub fn into_events(self) -> Vec<TransitionEvent> {
        self.found
    }
}
