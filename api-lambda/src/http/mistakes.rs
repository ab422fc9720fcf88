//! Collects everything that is wrong with a document.

use contract::{FieldError, whole_number};
use serde_json::Value;

/// How much of an unknown field's name is told.
const NAME_MAX_CHARS: usize = 100;

/// The mistakes found so far in one document.
pub(super) struct Mistakes<'a> {
    document: &'a Value,
    found: Vec<FieldError>,
}

impl<'a> Mistakes<'a> {
    /// Those that concern fields that are not `known`.
    pub(super) fn begin(document: &'a Value, known: &[&str]) -> Self {
        let mut mistakes = Self {
            document,
            found: Vec::new(),
        };
        let Some(fields) = document.as_object() else {
            mistakes.note("", "must be a JSON object");
            return mistakes;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let shown: String = name.chars().take(NAME_MAX_CHARS).collect();
            mistakes.note(
                &shown,
                format!("is no known field; known are {}", known.join(", ")),
            );
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

    /// A field that must be a text of 1 to `max` characters that can be seen.
    pub(super) fn text(&mut self, field: &str, max: usize) -> Option<String> {
        let text = self.document[field].as_str();
        let text = text.filter(|text| !text.trim().is_empty() && text.chars().count() <= max);
        if text.is_none() {
            self.note(
                field,
                format!("must be 1 to {max} characters, not only white space"),
            );
        }
        text.map(str::to_owned)
    }

    /// What the document says, unless there is any mistake.
    pub(super) fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<FieldError>> {
        match build() {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self.found),
        }
    }
}
