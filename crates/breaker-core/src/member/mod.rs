//! One process's side of one circuit.
//!
//! So far this is what a healthy call touches: the [`gate`](Gate) it passes,
//! the [`slot`](SlotLength) it ends in and the [`counters`](Counters) that
//! remember it.

mod counters;
mod gate;
mod indexes;
mod slot_length;
mod sync;
mod thread_index;

pub use counters::{Counters, Drained};
pub use gate::{EpochTag, Gate};
pub use slot_length::SlotLength;

#[cfg(test)]
mod hot_path;
#[cfg(test)]
mod races;
