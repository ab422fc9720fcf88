//! What can be wrong with a policy.

use std::fmt;

use super::FieldValue;

/// Everything that is wrong with a policy, at once.
///
/// Shown on one line, joined by semicolons; `{:#}` gives each mistake a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct PolicyError(pub Vec<Mistake>);

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, next) = if formatter.alternate() {
            ("\n", "\n")
        } else {
            (" ", "; ")
        };
        formatter.write_str("unusable policy:")?;
        for (index, mistake) in self.0.iter().enumerate() {
            let separator = if index == 0 { first } else { next };
            write!(formatter, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a policy, in the names that files use.
#[derive(Debug, Clone, PartialEq)]
pub enum Mistake {
    /// The text cannot be read at all.
    Unreadable(String),
    /// No field has this name.
    Unknown {
        /// The name.
        key: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A field was given more than once.
    Repeated(&'static str),
    /// A field's value has the wrong type or is out of range.
    Value {
        /// The field.
        key: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: FieldValue,
    },
    /// Fields do not go together.
    Rule {
        /// What must hold.
        text: &'static str,
        /// What the fields are, defaults included.
        found: Vec<(&'static str, FieldValue)>,
    },
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => formatter.write_str(why),
            Self::Unknown { key, nearest: None } => write!(formatter, "unknown field `{key}`"),
            Self::Unknown {
                key,
                nearest: Some(nearest),
            } => write!(formatter, "unknown field `{key}` (is it `{nearest}`?)"),
            Self::Repeated(key) => write!(formatter, "{key} is given more than once"),
            Self::Value {
                key,
                expected,
                found,
            } => write!(formatter, "{key} must be {expected}, not {found}"),
            Self::Rule { text, found } => {
                let found: Vec<String> = found
                    .iter()
                    .map(|(key, value)| format!("{key} = {value}"))
                    .collect();
                write!(formatter, "{text} ({})", found.join(", "))
            }
        }
    }
}
