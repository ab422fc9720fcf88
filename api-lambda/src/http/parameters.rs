//! Path and query parameters, with every mistake reported at once.

use std::{fmt::Display, str::FromStr};

use contract::FieldError;
use uuid::Uuid;

use super::problem::Problem;

/// The pairs of a query string, in their order.
pub(super) type Pairs = Vec<(String, String)>;

/// Reads query parameters by name and remembers what was wrong with them.
pub(super) struct Query {
    pairs: Pairs,
    errors: Vec<FieldError>,
}

impl Query {
    /// A reader that refuses parameters it is not going to be asked for.
    pub(super) fn new(pairs: Pairs, known: &[&str]) -> Self {
        let expected = known.join(", ");
        let unknown = pairs
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()));
        let errors = unknown
            .map(|(name, _)| FieldError {
                field: name.clone(),
                message: format!("is no known parameter; known are {expected}"),
            })
            .collect();
        Self { pairs, errors }
    }

    /// The parameter's value; `None` if it is left out or wrong.
    pub(super) fn get<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let mut values = self
            .pairs
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, text)| text);
        let text = values.next()?;
        let result = match values.next() {
            Some(_) => Err("must be given once".to_owned()),
            None => text.parse().map_err(|error: T::Err| error.to_string()),
        };
        match result {
            Ok(value) => Some(value),
            Err(message) => {
                self.errors.push(FieldError {
                    field: name.to_owned(),
                    message,
                });
                None
            }
        }
    }

    /// Whether everything was right.
    pub(super) fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid_parameters(self.errors))
        }
    }
}

/// An item's id from the path, in the one form in which this API writes ids: an item has one
/// address.
pub(super) fn item_id(text: &str) -> Result<Uuid, Vec<FieldError>> {
    let id = Uuid::try_parse(text).ok();
    id.filter(|id| id.to_string() == text).ok_or_else(|| {
        vec![FieldError {
            field: "id".to_owned(),
            message: format!(
                "must be a UUID in lower case with hyphens, such as {}",
                Uuid::nil()
            ),
        }]
    })
}

/// Both, or the mistakes of both.
pub(super) fn both<A, B>(
    a: Result<A, Vec<FieldError>>,
    b: Result<B, Vec<FieldError>>,
) -> Result<(A, B), Problem> {
    all(a, b, Ok(())).map(|(a, b, ())| (a, b))
}

/// All three, or the mistakes of all three.
pub(super) fn all<A, B, C>(
    a: Result<A, Vec<FieldError>>,
    b: Result<B, Vec<FieldError>>,
    c: Result<C, Vec<FieldError>>,
) -> Result<(A, B, C), Problem> {
    match (a, b, c) {
        (Ok(a), Ok(b), Ok(c)) => Ok((a, b, c)),
        (a, b, c) => {
            let errors = [a.err(), b.err(), c.err()];
            Err(Problem::invalid_parameters(
                errors.into_iter().flatten().flatten().collect(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_form() {
        let id = Uuid::from_u128(0x0192_f0c1_7a3b_7def_8123_4567_89ab_cdef);
        assert_eq!(item_id(&id.to_string()), Ok(id));
        for other in [
            id.simple().to_string(),
            id.braced().to_string(),
            id.urn().to_string(),
            id.to_string().to_uppercase(),
            format!(" {id}"),
            String::new(),
        ] {
            assert!(item_id(&other).is_err(), "{other}");
        }
    }
}
