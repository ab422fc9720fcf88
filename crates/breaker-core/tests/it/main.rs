//! What the breaker promises, tested through its public face.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod adversity;
mod alone;
mod cancellation;
mod costs;
mod crowd;
mod deadline;
mod guide;
mod handle;
mod hanging;
mod implausible;
mod keyed;
mod member;
mod observer;
mod outages;
mod planted_evidence;
mod planted_recovery;
mod policy;
mod policy_document;
mod protocol;
mod recovery;
mod store_contract;
mod support;

#[cfg(feature = "dynamodb")]
mod dynamodb;
#[cfg(feature = "tower")]
mod layer;
