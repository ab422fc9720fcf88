//! A policy in TOML.

use toml::de::{DeTable, DeValue, Error};

use super::{FieldValue, Mistake, Policy, PolicyError, value::TOO_LARGE};

impl Policy {
    /// Reads a policy from TOML, its fields at the top level.
    ///
    /// ```
    /// use breaker_core::Policy;
    ///
    /// let policy = Policy::from_toml("open_for_ms = 2_000\nmax_probes = 1")?;
    /// assert_eq!(policy.open_for.as_secs(), 2);
    /// assert_eq!(policy.max_probes, 1);
    /// # Ok::<(), breaker_core::PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Names every mistake, as [`Policy::from_fields`] does; if the text is not
    /// TOML, everything that keeps it from being so.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let mistakes = errors.iter().map(|error| unreadable(text, error));
            return Err(PolicyError(mistakes.collect()));
        }
        let mut fields: Vec<_> = document.into_inner().into_iter().collect();
        // What cannot be read is told in the order of the text.
        fields.sort_by_key(|(key, _)| key.span().start);
        Self::from_fields(
            fields
                .into_iter()
                .map(|(key, value)| (key.into_inner(), FieldValue::from(value.get_ref()))),
        )
    }
}

impl From<&DeValue<'_>> for FieldValue {
    fn from(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(TOO_LARGE, Self::Integer),
            DeValue::Float(number) => number.as_str().parse().map_or(TOO_LARGE, Self::Float),
            DeValue::String(_) => Self::Other("a string"),
            DeValue::Boolean(_) => Self::Other("a boolean"),
            DeValue::Datetime(_) => Self::Other("a date or time"),
            DeValue::Array(_) => Self::Other("an array"),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }
}

fn unreadable(text: &str, error: &Error) -> Mistake {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    Mistake::Unreadable(format!("line {line} is not TOML: {}", error.message()))
}
