//! What the Lambdas say to one another.
//!
//! The API Lambda sends a [`Request`] to the Retry Lambda or the Fallback
//! Lambda and gets a [`Response`] with a [`Reply`]. Both are JSON. Everything that enters the
//! system from outside is checked once, where it becomes one of these types;
//! behind that edge a value of [`ItemDraft`], [`PageLimit`] or [`Cursor`] is
//! valid by construction.
//!
//! A [`Reply`] separates three things that callers must never confuse: an
//! answer ([`Reply::Served`]), a refusal that is the caller's own doing
//! ([`Reply::Refused`]) and trouble of ours ([`Reply::Unavailable`]). Only the
//! last one says anything about the health of a dependency.

mod attempt;
mod blank;
mod cache;
mod command;
mod deadline;
mod decimal;
mod draft;
mod expected;
mod fault;
mod incarnation;
mod item;
mod json;
mod page;
mod reply;

pub use attempt::{Attempt, AttemptOutcome, Target};
pub use blank::{VISIBLE, is_blank};
pub use cache::{CacheContent, CacheEntry, CacheEntryError, CacheKey};
pub use command::{
    Command, IdempotencyKey, IdempotencyKeyError, Operation, Read, Request, RetryEvent, Write,
};
pub use deadline::Deadline;
pub use decimal::decimal;
pub use draft::{FieldError, ItemDraft, whole_number};
pub use expected::Expected;
pub use fault::{
    Fault, FaultKind, FaultRate, FaultRateError, FaultTarget, FaultTargetError, Faults,
};
pub use incarnation::Incarnation;
pub use item::{Item, Version};
pub use json::JsonError;
pub use page::{Cursor, CursorError, ItemPage, PageLimit, PageLimitError};
pub use reply::{
    Body, Dependency, OperatorReply, Refusal, Reply, Response, Served, Setback, Source, Unavailable,
};
