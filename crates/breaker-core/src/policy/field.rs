//! What a field of the policy is, as data.

use super::{FieldValue, Policy};

/// What one field of [`Policy`] is; [`Policy::FIELDS`] has them all.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The field's name in Rust.
    pub name: &'static str,
    /// The field's name in files.
    pub key: &'static str,
    /// What the field is about; fields of one group stand together.
    pub group: &'static str,
    /// What the numbers of a file measure.
    pub unit: Unit,
    /// The smallest value that may be used.
    pub low: FieldValue,
    /// The largest value that may be used.
    pub high: FieldValue,
    pub(super) documentation: &'static str,
    pub(super) get: fn(&Policy) -> FieldValue,
    pub(super) set: fn(&mut Policy, FieldValue) -> Option<()>,
}

impl Field {
    /// What the field means.
    pub fn meaning(&self) -> String {
        self.paragraph(0)
    }

    /// When to choose something else than the default.
    pub fn when_to_change(&self) -> String {
        self.paragraph(1)
    }

    /// The value in [`Policy::default`].
    pub fn default_value(&self) -> FieldValue {
        self.get(&Policy::default())
    }

    /// The value in a policy. Of a duration, what is below a millisecond is
    /// left out.
    pub fn get(&self, policy: &Policy) -> FieldValue {
        (self.get)(policy)
    }

    /// Which values may be used, in words that follow "must be".
    pub fn expected(&self) -> String {
        let kind = match self.low {
            FieldValue::Integer(_) => "an integer",
            FieldValue::Float(_) | FieldValue::Other(_) => "a number",
        };
        format!("{kind} from {} to {}", self.low, self.high)
    }

    /// Gives the field a value, in range or not; `None` if its type cannot
    /// hold it.
    pub(super) fn set(&self, policy: &mut Policy, value: FieldValue) -> Option<()> {
        (self.set)(policy, value)
    }

    /// Whether a value is in range. What is not a number never is.
    pub(super) fn allows(&self, value: FieldValue) -> bool {
        use FieldValue::{Float, Integer};
        match (self.low, value, self.high) {
            (Integer(low), Integer(value), Integer(high)) => (low..=high).contains(&value),
            (Float(low), Float(value), Float(high)) => (low..=high).contains(&value),
            _ => false,
        }
    }

    fn paragraph(&self, number: usize) -> String {
        let text = self.documentation.split("\n\n").nth(number);
        let words: Vec<&str> = text.unwrap_or_default().split_whitespace().collect();
        words.join(" ")
    }
}

/// What the number of a field measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Whole milliseconds; a [`Duration`](std::time::Duration) in Rust.
    Milliseconds,
    /// How many.
    Count,
    /// A part of a whole: 0 is nothing, 1 is all.
    Ratio,
    /// By how much something is multiplied.
    Factor,
    /// How many in each second.
    PerSecond,
    /// Natural logarithms of odds.
    Nats,
}

impl Unit {
    /// The unit as it follows a number; empty if the number says it all.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::PerSecond => "/s",
            Self::Nats => "nats",
            Self::Count | Self::Ratio | Self::Factor => "",
        }
    }
}
