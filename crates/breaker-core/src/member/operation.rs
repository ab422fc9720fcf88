//! What a member asks of the store.

use std::sync::Arc;

use crate::{
    protocol::{Change, Record},
    store::Consistency,
};

/// An operation of a [`StateStore`](crate::StateStore).
#[derive(Debug, Clone)]
#[cfg_attr(feature = "model", derive(Hash))]
pub enum Operation {
    /// [`StateStore::load`](crate::StateStore::load).
    Load(Consistency),
    /// [`StateStore::apply`](crate::StateStore::apply).
    Apply {
        /// The record that the change was decided on.
        basis: Arc<Record>,
        /// The change.
        change: Change,
    },
}
