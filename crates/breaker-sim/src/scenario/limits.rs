//! The largest fleets that a scenario may have.

/// Environments of the largest fleet.
pub(crate) const LARGEST_FLEET: u32 = 1_000_000;
/// Calls a second of the busiest fleet.
pub(crate) const BUSIEST: f64 = 1e7;
