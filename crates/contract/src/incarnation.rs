//! Which history of the database something is from.

use serde::{Deserialize, Serialize};

/// Tells the histories of one database apart.
///
/// A database that is restored, or whose standby takes over without the last
/// writes, goes on from an earlier point: versions that it has given before are
/// given again, to other contents. From then on it has another incarnation, whose
/// number is higher than each before. So of two statements about an item, the one
/// of the higher incarnation is right, whatever their versions are.
///
/// The number is the time, in milliseconds since 1970 by the database's clock, at
/// which the incarnation began: two databases that were restored from the same
/// backup do not take the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(i64);

impl Incarnation {
    /// The incarnation with this number.
    pub const fn numbered(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> i64 {
        self.0
    }
}
