//! A policy in JSON.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use super::{FieldValue, Mistake, Policy, PolicyError, value::TOO_LARGE};

impl Policy {
    /// Reads a policy from a JSON object.
    ///
    /// ```
    /// use breaker_core::Policy;
    ///
    /// let policy = Policy::from_json(r#"{ "open_for_ms": 2000, "max_probes": 1 }"#)?;
    /// assert_eq!(policy.open_for.as_secs(), 2);
    /// assert_eq!(policy.max_probes, 1);
    /// # Ok::<(), breaker_core::PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Names every mistake, as [`Policy::from_fields`] does; if the text is not
    /// a JSON object, the first thing that keeps it from being one.
    pub fn from_json(text: &str) -> Result<Self, PolicyError> {
        let Entries(entries) = serde_json::from_str(text).map_err(|error| {
            PolicyError(vec![Mistake::Unreadable(format!("not JSON: {error}"))])
        })?;
        Self::from_fields(
            entries
                .iter()
                .map(|(key, value)| (key, FieldValue::from(value))),
        )
    }
}

impl From<&Value> for FieldValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Number(number) if number.is_u64() || number.is_i64() => {
                number.as_i64().map_or(TOO_LARGE, Self::Integer)
            }
            Value::Number(number) => number.as_f64().map_or(TOO_LARGE, Self::Float),
            Value::Null => Self::Other("null"),
            Value::Bool(_) => Self::Other("a boolean"),
            Value::String(_) => Self::Other("a string"),
            Value::Array(_) => Self::Other("an array"),
            Value::Object(_) => Self::Other("an object"),
        }
    }
}

/// An object as it is written; a map would hide that a field is repeated.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsWritten;

        impl<'de> Visitor<'de> for AsWritten {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with the fields of a policy")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(AsWritten)
    }
}
