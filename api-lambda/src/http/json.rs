//! JSON documents as clients send them.
//!
//! RFC 8259 leaves it open what an object with two keys of the same name means, and readers
//! differ: a proxy that checks the document may see the other value. So such a
//! document is refused, as I-JSON (RFC 7493) asks for.

use std::fmt;

use contract::FieldError;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::problem::Mistakes;

/// A document, and the keys that stand in it more than once.
#[derive(Debug)]
pub(super) struct Document {
    value: Value,
    /// Each by its path, such as `name` or `parts[2].name`.
    repeated: Mistakes,
}

impl Document {
    /// Reads a document to its end.
    pub(super) fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        let mut repeated = Mistakes::default();
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let place = Place {
            path: &Path::Document,
            repeated: &mut repeated,
        };
        let value = place.deserialize(&mut reader)?;
        reader.end()?;
        Ok(Self { value, repeated })
    }

    /// What `parse` makes of the document, or the repeated keys and its mistakes.
    pub(super) fn parse<T>(
        self,
        parse: impl FnOnce(&Value) -> Result<T, Vec<FieldError>>,
    ) -> Result<T, Mistakes> {
        let mut mistakes = self.repeated;
        match parse(&self.value) {
            Ok(parsed) if mistakes.is_empty() => Ok(parsed),
            parsed => {
                mistakes.extend(parsed.err().into_iter().flatten());
                Err(mistakes)
            }
        }
    }
}

/// Where a value is. It is written as text only for a mistake that is named: a body can have a
/// key of half its size and thousands of values below.
enum Path<'a> {
    Document,
    Member(&'a Path<'a>, &'a str),
    Element(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => Ok(()),
            Self::Member(Path::Document, key) => formatter.write_str(key),
            Self::Member(parent, key) => write!(formatter, "{parent}.{key}"),
            Self::Element(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

/// A place in a document, where a value comes.
struct Place<'a> {
    path: &'a Path<'a>,
    repeated: &'a mut Mistakes,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        let number = number.ok_or_else(|| E::custom("number out of range"))?;
        Ok(number.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let place = Place {
                path: &Path::Element(self.path, values.len()),
                repeated: &mut *self.repeated,
            };
            match elements.next_element_seed(place)? {
                Some(value) => values.push(value),
                None => return Ok(values.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let path = Path::Member(self.path, &key);
            let place = Place {
                path: &path,
                repeated: &mut *self.repeated,
            };
            let value = members.next_value_seed(place)?;
            if values.contains_key(&key) {
                self.repeated.note(|| FieldError {
                    field: path.to_string(),
                    message: "stands more than once; each key may stand once".to_owned(),
                });
            }
            values.insert(key, value);
        }
        Ok(values.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn repeated(text: &str) -> Vec<String> {
        let repeated = Document::read(text.as_bytes()).unwrap().repeated;
        repeated
            .named
            .into_iter()
            .map(|error| error.field)
            .collect()
    }

    #[test]
    fn each_key_that_stands_more_than_once_is_named_with_its_path() {
        for (text, expected) in [
            (r#"{"a": 1, "b": 2}"#, &[][..]),
            (r#"{"a": 1, "a": 1}"#, &["a"]),
            (r#"{"a": 1, "\u0061": 2}"#, &["a"]),
            (r#"{"a": {"b": 1, "b": 2}, "c": {"b": 1}}"#, &["a.b"]),
            (r#"[{}, {"a": [{"b": 1, "b": 2}]}]"#, &["[1].a[0].b"]),
            (r#"{"a": 1, "A": 2}"#, &[]),
            (
                r#"{"a": 1, "a": 2, "a": 3, "b": 0, "b": 0}"#,
                &["a", "a", "b"],
            ),
        ] {
            assert_eq!(repeated(text), expected, "{text}");
        }
    }

    #[test]
    fn repeated_keys_are_told_together_with_other_mistakes() {
        let document = Document::read(br#"{"a": 1, "a": 2}"#).unwrap();
        let other = FieldError {
            field: "b".to_owned(),
            message: "is missing".to_owned(),
        };
        let mistakes = document.parse::<()>(|_| Err(vec![other])).unwrap_err();
        let named = mistakes.named.iter();
        let fields: Vec<&str> = named.map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["a", "b"]);
    }

    #[test]
    fn little_is_kept_of_repeated_keys_however_many_and_deep_they_are() {
        let many = vec!["\"x\":0"; 5_000].join(",");
        let text = format!(r#"{{"{}": [{{{many}}}]}}"#, "k".repeat(32_000));
        let Mistakes { named, more } = Document::read(text.as_bytes()).unwrap().repeated;
        assert_eq!((named.len(), more), (20, 4_979));
        let texts = named
            .iter()
            .flat_map(|error| [&error.field, &error.message]);
        let kept: usize = texts.map(String::capacity).sum();
        assert!(kept < 10_000, "{kept} bytes");
    }

    #[test]
    fn what_follows_the_document_or_nests_too_deep_is_an_error() {
        let deep = "[".repeat(100_000);
        for text in [
            "{} {}",
            "1 2",
            "",
            "{\"a\"",
            "\"\\ud800\"",
            "1e400",
            deep.as_str(),
        ] {
            assert!(Document::read(text.as_bytes()).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_document_is_read_as_serde_reads_it(
            keys in prop::collection::btree_map(".{0,4}", any::<i64>(), 0..4),
            text in any::<String>(),
            number in any::<f64>().prop_filter("JSON has no other", |number| number.is_finite()),
        ) {
            let value = json!({"keys": keys, "list": [text, number, null, true, u64::MAX]});
            let read = Document::read(value.to_string().as_bytes()).unwrap();
            let expected: Value = serde_json::from_str(&value.to_string()).unwrap();
            prop_assert_eq!(read.value, expected);
            prop_assert_eq!(read.repeated, Mistakes::default());
        }
    }
}
