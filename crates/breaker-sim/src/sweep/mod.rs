//! The same scenario over many seeds, and over fleets of many sizes.

mod pool;
mod statistics;

pub use pool::run_all;
pub(crate) use pool::{in_parallel, total_calls};
pub use statistics::{Spread, spread};
