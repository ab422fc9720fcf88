//! What DynamoDB is asked, as data.
//!
//! Field by field these are the parameters of DynamoDB's API, and serialised
//! they are its JSON: what the SDK for Rust is given here, boto3 takes as
//! keyword arguments and the SDK for JavaScript as its command's input.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attribute::{AttributeValue, Item};

/// A request about a circuit's record, by the name of its operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Request {
    /// One item is read.
    GetItem(GetItem),
    /// One item is changed if a condition holds.
    UpdateItem(UpdateItem),
    /// Several items are changed, or none.
    TransactWriteItems(TransactWriteItems),
}

/// Parameters of `GetItem`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetItem {
    /// The table.
    pub table_name: String,
    /// The item's key.
    pub key: Item,
    /// Whether the read shows every change made before it.
    pub consistent_read: bool,
}

/// Parameters of `UpdateItem`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateItem {
    /// What is changed, and if what holds.
    #[serde(flatten)]
    pub update: Update,
    /// What the answer shows.
    pub return_values: ReturnValues,
}

/// Parameters of `TransactWriteItems`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TransactWriteItems {
    /// Its parts.
    pub transact_items: Vec<TransactItem>,
}

/// A part of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TransactItem {
    /// An item is changed if a condition holds.
    Update(Update),
    /// An item is written.
    Put(Put),
}

/// A change of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Update {
    /// The table.
    pub table_name: String,
    /// The item's key.
    pub key: Item,
    /// What is done; none if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_expression: Option<String>,
    /// What must hold.
    pub condition_expression: String,
    /// The attributes that placeholders stand for.
    pub expression_attribute_names: BTreeMap<String, String>,
    /// The values that placeholders stand for.
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// What a refusal shows.
    pub return_values_on_condition_check_failure: ReturnValues,
}

/// A new item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Put {
    /// The table.
    pub table_name: String,
    /// The item.
    pub item: Item,
}

/// Which version of an item an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ReturnValues {
    /// The item after the change.
    #[serde(rename = "ALL_NEW")]
    AllNew,
    /// The item as it was found.
    #[serde(rename = "ALL_OLD")]
    AllOld,
}

/// Parameters of `Query`, which reads a circuit's transitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Query {
    /// The table.
    pub table_name: String,
    /// Which items are read.
    pub key_condition_expression: String,
    /// The values that placeholders stand for.
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// The most items of one answer.
    pub limit: u16,
}
