//! From fields to a policy and back, whatever the format.

use super::{Field, FieldValue, Mistake, Policy, PolicyError};

/// How much alike two names must be, from 0 to 1, for one to be offered for
/// the other.
const ALIKE: f64 = 0.6;

impl Policy {
    /// Reads a policy from fields by the names that files use. A field that is
    /// left out keeps its default.
    ///
    /// ```
    /// use breaker_core::policy::{FieldValue, Policy};
    ///
    /// let fields = [("open_for_ms", FieldValue::Integer(2_000))];
    /// let policy = Policy::from_fields(fields)?;
    /// assert_eq!(policy.open_for.as_secs(), 2);
    /// # Ok::<(), breaker_core::PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Names every mistake: unknown and repeated fields, wrong types, values
    /// out of range, and rules between fields. A rule is not judged if one of
    /// its fields could not be read.
    pub fn from_fields(
        fields: impl IntoIterator<Item = (impl AsRef<str>, FieldValue)>,
    ) -> Result<Self, PolicyError> {
        let mut reader = Reader::default();
        for (key, value) in fields {
            reader.read(key.as_ref(), value);
        }
        reader.finish()
    }

    /// Every field by the name that files use, so that
    /// [`Policy::from_fields`] gives the same policy again.
    ///
    /// Of a duration, what is below a millisecond is left out.
    pub fn to_fields(&self) -> impl Iterator<Item = (&'static str, FieldValue)> {
        Self::FIELDS
            .iter()
            .map(|field| (field.key, field.get(self)))
    }
}

#[derive(Default)]
struct Reader {
    policy: Policy,
    seen: Vec<&'static str>,
    /// Fields whose value in `policy` is not what was meant.
    unclear: Vec<&'static str>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn read(&mut self, key: &str, value: FieldValue) {
        let Some(field) = Policy::FIELDS.iter().find(|field| field.key == key) else {
            let nearest = nearest(key);
            self.unclear.extend(nearest);
            self.mistakes.push(Mistake::Unknown {
                key: key.to_owned(),
                nearest,
            });
            return;
        };
        if self.seen.contains(&field.key) {
            self.unclear.push(field.key);
            self.mistakes.push(Mistake::Repeated(field.key));
            return;
        }
        self.seen.push(field.key);
        if field.set(&mut self.policy, value).is_none() {
            self.unclear.push(field.key);
            self.mistakes.push(Mistake::Value {
                key: field.key,
                expected: field.expected(),
                found: value,
            });
        }
    }

    fn finish(mut self) -> Result<Policy, PolicyError> {
        self.mistakes.extend(self.policy.mistakes(&self.unclear));
        if self.mistakes.is_empty() {
            Ok(self.policy)
        } else {
            Err(PolicyError(self.mistakes))
        }
    }
}

/// The field that was probably meant. A name that holds the other, as
/// `open_for_ms` does `open_for`, is nearer than one that is merely alike.
fn nearest(key: &str) -> Option<&'static str> {
    let rank = |field: &Field| {
        let known = field.key;
        let holds = (key.len() >= 4 && known.contains(key)) || key.contains(field.name);
        (holds, strsim::normalized_damerau_levenshtein(key, known))
    };
    Policy::FIELDS
        .iter()
        .map(|field| (rank(field), field.key))
        .filter(|((holds, alike), _)| *holds || *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)))
        .map(|(_, key)| key)
}
