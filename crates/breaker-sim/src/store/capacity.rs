//! What one item of DynamoDB can do in a second, and what that costs.
//!
//! A partition serves 3,000 read units and 1,000 write units a second, and a
//! single item never spans two. A read unit is one strongly consistent read of
//! 4 KB, or two eventually consistent ones; a write unit is 1 KB; in a
//! transaction a write takes two. Prices are those of on-demand tables in
//! us-east-1 at the end of 2025.

use crate::units::{Micros, SECOND, number};

/// Read units a partition serves in a second.
pub const READ_UNITS_PER_S: f64 = 3_000.0;
/// Write units a partition serves in a second.
pub const WRITE_UNITS_PER_S: f64 = 1_000.0;
/// Dollars for a million read request units.
pub const USD_PER_MILLION_RRU: f64 = 0.125;
/// Dollars for a million write request units.
pub const USD_PER_MILLION_WRU: f64 = 0.625;

const READ_BLOCK: u64 = 4_096;
const WRITE_BLOCK: u64 = 1_024;

/// Units of a strongly consistent read.
pub(super) fn latest_read_units(bytes: u64) -> f64 {
    number(bytes.max(1).div_ceil(READ_BLOCK))
}

/// Units of an eventually consistent read.
pub(super) fn eventual_read_units(bytes: u64) -> f64 {
    latest_read_units(bytes) / 2.0
}

/// Units of a write, done or refused by its condition.
pub(super) fn write_units(bytes: u64) -> f64 {
    number(bytes.max(1).div_ceil(WRITE_BLOCK))
}

/// Units that come in at a steady rate and are kept for one second.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: f64,
    level: f64,
    filled_at: Micros,
}

impl Bucket {
    pub(super) fn full(per_second: f64) -> Self {
        Self {
            per_second,
            level: per_second,
            filled_at: 0,
        }
    }

    /// Takes units, if there are as many.
    pub(super) fn take(&mut self, units: f64, now: Micros) -> bool {
        let elapsed = number(now.saturating_sub(self.filled_at)) / number(SECOND);
        self.level = (self.level + elapsed * self.per_second).min(self.per_second);
        self.filled_at = now;
        let enough = self.level >= units;
        if enough {
            self.level -= units;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_at_a_time_can_be_saved_and_no_more() {
        let mut bucket = Bucket::full(10.0);
        let mut taken = |now| (0..100).filter(|_| bucket.take(1.0, now)).count();
        assert_eq!(taken(0), 10);
        assert_eq!(taken(500_000), 5);
        assert_eq!(taken(60 * SECOND), 10);
    }

    #[test]
    fn what_is_refused_takes_nothing() {
        let mut bucket = Bucket::full(4.0);
        assert!(!bucket.take(5.0, 0));
        assert!(bucket.take(4.0, 0));
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn units_are_whole_blocks() {
        assert_eq!(write_units(200), 1.0);
        assert_eq!(write_units(1_025), 2.0);
        assert_eq!(eventual_read_units(4_096), 0.5);
        assert_eq!(latest_read_units(4_097), 2.0);
    }
}
