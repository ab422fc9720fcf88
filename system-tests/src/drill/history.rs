//! What the clients of a drill asked for and were told, and when.

use std::time::Duration;

/// A moment, as the time since the Unix epoch by this machine's clock, which the
/// functions of the local stack share.
pub(crate) type Moment = Duration;

/// One request of a client, with all its repetitions under one key.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// When it was first sent.
    pub(crate) began: Moment,
    /// When its last answer came.
    pub(crate) ended: Moment,
    /// The item it was about; of a create whose outcome is unknown, none.
    pub(crate) item: Option<String>,
    pub(crate) asked: Asked,
    pub(crate) told: Told,
    /// What the answer to a write says that the cache made of it.
    pub(crate) cache: CacheWord,
}

/// What an answer says of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheWord {
    /// It took what it was told.
    Took,
    /// It was told. Whether it took that, the answer does not say, or it did not.
    Told,
    /// It was not told anything.
    Silent,
}

/// A time during which something was so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
}

/// What was asked for. A token names one write, and is the item's name after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Create { token: String },
    Replace { token: String },
    Delete,
    Read,
}

impl Asked {
    /// What the item is called if this took effect.
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Self::Create { token } | Self::Replace { token } => Some(token),
            Self::Delete | Self::Read => None,
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        *self != Self::Read
    }
}

/// What the client was told in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// A write that was done: the item is at this version.
    Stored { version: u64 },
    /// A delete that was done.
    Deleted,
    /// The item, as a read found it.
    Found(Found),
    /// There is no such item.
    Absent,
    /// The item was not at the version asked for, so nothing was done.
    Mismatch,
    /// Nothing: the read could not be answered, or nobody knows what became of
    /// the write.
    Nothing,
    /// Something that must never be told.
    Nonsense { status: u16 },
}

/// An item as a read found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) version: u64,
    pub(crate) name: String,
    /// The moment at which the answer claims that the item was so.
    pub(crate) as_of: Moment,
    /// Whether the answer says that it is second best.
    pub(crate) degraded: bool,
}

/// The items that are there in the end: id, version, name.
pub(crate) type Remains = Vec<(String, u64, String)>;
