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
//! adding, nor an operator's override. A loser of a race gets the winner's record
//! back with the refusal (`ALL_OLD`), which costs nothing more.

//!
//! # Requests are data
//!
//! [`Exchange`] and [`Trail`] say what DynamoDB is asked, as the parameters of
//! its API, and what its answers mean. They need no SDK: `DynamoDbStore`
//! (feature `dynamodb`) carries them with the one for Rust, and any other
//! program that speaks to DynamoDB can carry the very same requests.

mod attribute;
mod codec;
mod exchange;
mod expression;
mod failure;
mod request;
#[cfg(feature = "dynamodb")]
mod sdk;
#[cfg(feature = "dynamodb")]
mod sdk_types;
mod trail;
mod update;

#[cfg(feature = "dynamodb")]
pub use self::sdk::DynamoDbStore;
pub use self::{
    attribute::{AttributeValue, Item},
    exchange::Exchange,
    failure::{CancellationReason, RequestError, ServiceError},
    request::{
        GetItem, Put, Query, Request, ReturnValues, TransactItem, TransactWriteItems, Update,
        UpdateItem,
    },
    trail::{Page, Trail},
};
