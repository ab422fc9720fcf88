//! Collects everything that is wrong with a document.

use contract::{FieldError, is_blank, whole_number};
use serde::de::{DeserializeOwned, IntoDeserializer, value};
use serde_json::Value;

/// The mistakes found so far in one document.
pub(super) struct Mistakes<'a> {
    document: &'a Value,
    known: &'a [&'a str],
    found: Vec<FieldError>,
}

impl<'a> Mistakes<'a> {
    /// Those of a document that may have the `known` fields and no others.
    pub(super) fn begin(document: &'a Value, known: &'a [&'a str]) -> Self {
        let mut mistakes = Self {
            document,
            known,
            found: Vec::new(),
        };
        if !document.is_object() {
            mistakes.note("", "must be a JSON object");
        }
        mistakes
    }

    pub(super) fn note(&mut self, field: &str, message: impl Into<String>) {
        self.found.push(FieldError {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    /// A field that must be a whole number from 1 to `max`.
    pub(super) fn whole_number(&mut self, field: &str, max: u32) -> Option<u32> {
        let number = whole_number(&self.document[field]);
        let number = number.and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (1..=max).contains(number));
        if number.is_none() {
            self.note(field, format!("must be a whole number from 1 to {max}"));
        }
        number
    }

    /// A field that must be a text of 1 to `max` characters, at least one of them visible.
    pub(super) fn text(&mut self, field: &str, max: usize) -> Option<String> {
        let text = self.document[field].as_str();
        let text = text.filter(|text| !is_blank(text) && text.chars().count() <= max);
        if text.is_none() {
            self.note(
                field,
                format!("must be 1 to {max} characters, at least one of them visible"),
            );
        }
        text.map(str::to_owned)
    }

    /// A field that must be one of the words that `T` has, which are `allowed`. A map such as
    /// `{"force_open": null}`, which serde would take for a word, is none.
    pub(super) fn word<T: DeserializeOwned>(&mut self, field: &str, allowed: &str) -> Option<T> {
        let word = self.document[field].as_str();
        let word = word.and_then(|word| {
            let word: value::StrDeserializer<'_, value::Error> = word.into_deserializer();
            T::deserialize(word).ok()
        });
        if word.is_none() {
            self.note(field, format!("must be {allowed}"));
        }
        word
    }

    /// What the document says, unless there is any mistake. Unknown fields come last, for
    /// there may be more of them than anybody is told.
    pub(super) fn finish<T>(
        mut self,
        build: impl FnOnce() -> Option<T>,
    ) -> Result<T, Vec<FieldError>> {
        let (document, known) = (self.document, self.known);
        let fields = document.as_object().into_iter().flat_map(|map| map.keys());
        for name in fields.filter(|name| !known.contains(&name.as_str())) {
            let message = format!("is no known field; known are {}", known.join(", "));
            self.note(name, message);
        }
        match build() {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self.found),
        }
    }
}
