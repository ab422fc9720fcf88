//! Attribute values, in the form that every SDK of AWS's has for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An item of the table.
pub type Item = BTreeMap<String, AttributeValue>;

/// A value of DynamoDB's, tagged with its type as in DynamoDB's own JSON:
/// `{"S": "closed"}`, `{"N": "7"}`.
///
/// A circuit's items consist of strings and numbers. The other types are here
/// because an item may hold attributes of others' making, which are left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeValue {
    /// A string.
    S(String),
    /// A number, in digits.
    N(String),
    /// Bytes, in base64.
    B(String),
    /// A truth value.
    #[serde(rename = "BOOL")]
    Bool(bool),
    /// No value; always `true`.
    #[serde(rename = "NULL")]
    Null(bool),
    /// A set of strings.
    #[serde(rename = "SS")]
    Ss(Vec<String>),
    /// A set of numbers.
    #[serde(rename = "NS")]
    Ns(Vec<String>),
    /// A set of bytes, in base64.
    #[serde(rename = "BS")]
    Bs(Vec<String>),
    /// A list.
    L(Vec<Self>),
    /// A map.
    M(BTreeMap<String, Self>),
}

impl AttributeValue {
    /// The text of a string.
    pub fn as_s(&self) -> Option<&str> {
        if let Self::S(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The digits of a number.
    pub fn as_n(&self) -> Option<&str> {
        if let Self::N(digits) = self {
            Some(digits)
        } else {
            None
        }
    }
}
