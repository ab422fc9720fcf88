//! One value of a policy, whatever the format that it was written in.

use std::{fmt, time::Duration};

/// What a file says about one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue {
    /// A number without a fraction: a count, or milliseconds. Stands for a
    /// [`FieldValue::Float`], too.
    Integer(i64),
    /// A number with a fraction; never stands for an integer.
    Float(f64),
    /// No field takes this. Named with its article, for the message: "a
    /// string".
    Other(&'static str),
}

impl FieldValue {
    pub(super) fn is_finite(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(number) => number.is_finite(),
            Self::Other(_) => false,
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(formatter, "{number}"),
            // Keeps the point of 2.0, as files write it.
            Self::Float(number) => write!(formatter, "{number:?}"),
            Self::Other(kind) => formatter.write_str(kind),
        }
    }
}

/// The kind of an integer that no [`FieldValue::Integer`] holds.
#[cfg(any(feature = "json", feature = "toml"))]
pub(super) const TOO_LARGE: FieldValue = FieldValue::Other("a number that is too large");

/// The Rust type of a field.
pub(super) trait Scalar: Sized {
    /// The value, if the type can hold it at all; ranges are checked later.
    fn read(value: FieldValue) -> Option<Self>;

    /// As a file would say it.
    fn show(&self) -> FieldValue;
}

impl Scalar for u32 {
    fn read(value: FieldValue) -> Option<Self> {
        match value {
            FieldValue::Integer(number) => number.try_into().ok(),
            FieldValue::Float(_) | FieldValue::Other(_) => None,
        }
    }

    fn show(&self) -> FieldValue {
        FieldValue::Integer(i64::from(*self))
    }
}

impl Scalar for f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "no field's range comes near 2^52"
    )]
    fn read(value: FieldValue) -> Option<Self> {
        match value {
            FieldValue::Integer(number) => Some(number as Self),
            FieldValue::Float(number) => Some(number),
            FieldValue::Other(_) => None,
        }
    }

    fn show(&self) -> FieldValue {
        FieldValue::Float(*self)
    }
}

impl Scalar for Duration {
    fn read(value: FieldValue) -> Option<Self> {
        match value {
            FieldValue::Integer(ms) => ms.try_into().ok().map(Self::from_millis),
            FieldValue::Float(_) | FieldValue::Other(_) => None,
        }
    }

    fn show(&self) -> FieldValue {
        FieldValue::Integer(self.as_millis().try_into().unwrap_or(i64::MAX))
    }
}
