//! The shared memory that the hot path stands on.
//!
//! `gate`, `counters` and `indexes` name their atomics only through here. The
//! race tests compile the same files a second time beside a module of this
//! name that holds loom's types (see `races`), so what is proved is the code
//! that runs, and no compiler flag decides which.

pub(super) use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
