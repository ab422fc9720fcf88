//! Reading one table of a scenario, remembering every mistake on the way.

use std::{cell::RefCell, ops::RangeInclusive};

use breaker_core::policy::FieldValue;
use toml::de::{DeTable, DeValue};

use super::Mistake;

/// How much alike two names must be, from 0 to 1, for one to be offered for
/// the other.
const ALIKE: f64 = 0.5;

/// The known name that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = |known: &'a str| (strsim::normalized_damerau_levenshtein(name, known), known);
    known
        .into_iter()
        .map(alike)
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// The mistakes of a text.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    text: &'a str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self {
            text,
            mistakes: RefCell::default(),
        }
    }

    pub(crate) fn complain(&self, position: usize, text: String) {
        let before = self.text.get(..position).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        self.mistakes.borrow_mut().push(Mistake { line, text });
    }

    /// All mistakes, by line.
    pub(crate) fn mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort();
        mistakes
    }
}

/// One table.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    reading: &'a Reading<'a>,
    /// As people write it: `[fleet]`; empty for the file itself.
    name: String,
    position: usize,
    table: Option<&'a DeTable<'a>>,
    known: RefCell<Vec<&'static str>>,
}

/// A value and where it stands.
type Found<'a> = (usize, &'a DeValue<'a>);

impl<'a> Section<'a> {
    pub(crate) fn root(reading: &'a Reading<'a>, table: &'a DeTable<'a>) -> Self {
        Self::new(reading, String::new(), 0, Some(table))
    }

    fn new(
        reading: &'a Reading<'a>,
        name: String,
        position: usize,
        table: Option<&'a DeTable<'a>>,
    ) -> Self {
        Self {
            reading,
            name,
            position,
            table,
            known: RefCell::default(),
        }
    }

    pub(crate) fn complain_at(&self, position: usize, text: &str) {
        self.reading.complain(position, self.about(text));
    }

    /// Complains about the section as a whole.
    pub(crate) fn complain(&self, text: &str) {
        self.reading.complain(self.position, self.about(text));
    }

    fn about(&self, text: &str) -> String {
        if self.name.is_empty() {
            text.to_owned()
        } else {
            format!("{}: {text}", self.name)
        }
    }

    pub(crate) fn find(&self, key: &'static str) -> Option<Found<'a>> {
        self.known.borrow_mut().push(key);
        let (_, value) = self.table?.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value.span().start, value.get_ref()))
    }

    fn expected(&self, position: usize, key: &str, expected: &str, found: &str) {
        let text = self.about(&format!("{key} must be {expected}, not {found}"));
        self.reading.complain(position, text);
    }

    /// A number, or its default.
    pub(crate) fn number(
        &self,
        key: &'static str,
        range: RangeInclusive<f64>,
        default: f64,
    ) -> f64 {
        self.find(key)
            .and_then(|found| self.as_number(key, found, &range))
            .unwrap_or(default)
    }

    /// A number that need not be given.
    pub(crate) fn optional_number(
        &self,
        key: &'static str,
        range: RangeInclusive<f64>,
    ) -> Option<f64> {
        let found = self.find(key)?;
        self.as_number(key, found, &range)
    }

    /// A number that must be given.
    pub(crate) fn needed_number(&self, key: &'static str, range: RangeInclusive<f64>) -> f64 {
        if let Some(found) = self.find(key) {
            return self.as_number(key, found, &range).unwrap_or(*range.start());
        }
        self.complain(&format!(
            "{key} is missing: a number from {} to {}",
            range.start(),
            range.end()
        ));
        *range.start()
    }

    fn as_number(
        &self,
        key: &str,
        (position, value): Found<'a>,
        range: &RangeInclusive<f64>,
    ) -> Option<f64> {
        let field = FieldValue::from(value);
        #[expect(
            clippy::cast_precision_loss,
            reason = "no range of a scenario comes near 2^52"
        )]
        let number = match field {
            FieldValue::Integer(number) => Some(number as f64),
            FieldValue::Float(number) => Some(number),
            FieldValue::Other(_) => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let expected = format!("a number from {} to {}", range.start(), range.end());
            self.expected(position, key, &expected, &field.to_string());
        }
        number
    }

    /// A whole number, or its default.
    pub(crate) fn count(&self, key: &'static str, range: RangeInclusive<u32>, default: u32) -> u32 {
        self.find(key)
            .and_then(|found| self.as_count(key, found, &range))
            .unwrap_or(default)
    }

    /// A whole number that must be given.
    pub(crate) fn needed_count(&self, key: &'static str, range: RangeInclusive<u32>) -> u32 {
        if let Some(found) = self.find(key) {
            return self.as_count(key, found, &range).unwrap_or(*range.start());
        }
        self.complain(&format!(
            "{key} is missing: an integer from {} to {}",
            range.start(),
            range.end()
        ));
        *range.start()
    }

    fn as_count(
        &self,
        key: &str,
        (position, value): Found<'a>,
        range: &RangeInclusive<u32>,
    ) -> Option<u32> {
        let field = FieldValue::from(value);
        let count = match field {
            FieldValue::Integer(number) => u32::try_from(number).ok(),
            FieldValue::Float(_) | FieldValue::Other(_) => None,
        };
        let count = count.filter(|count| range.contains(count));
        if count.is_none() {
            let expected = format!("an integer from {} to {}", range.start(), range.end());
            self.expected(position, key, &expected, &field.to_string());
        }
        count
    }

    /// A seed: any integer from 0.
    pub(crate) fn seed(&self, key: &'static str, default: u64) -> u64 {
        let Some((position, value)) = self.find(key) else {
            return default;
        };
        let field = FieldValue::from(value);
        if let FieldValue::Integer(number) = field
            && let Ok(seed) = u64::try_from(number)
        {
            return seed;
        }
        let expected = "an integer from 0 to 9223372036854775807";
        self.expected(position, key, expected, &field.to_string());
        default
    }

    /// Yes or no, or its default.
    pub(crate) fn boolean(&self, key: &'static str, default: bool) -> bool {
        match self.find(key) {
            None => default,
            Some((_, DeValue::Boolean(yes))) => *yes,
            Some((position, value)) => {
                self.expected(position, key, "true or false", &told(value));
                default
            }
        }
    }

    /// Some text that must be given.
    pub(crate) fn needed_text(&self, key: &'static str) -> String {
        if let Some(found) = self.find(key) {
            let text = self.as_text(key, found);
            return text.map(|(_, text)| text).unwrap_or_default();
        }
        self.complain(&format!("{key} is missing: a string"));
        String::new()
    }

    pub(crate) fn as_text(
        &self,
        key: &str,
        (position, value): Found<'a>,
    ) -> Option<(usize, String)> {
        if let DeValue::String(text) = value {
            Some((position, text.to_string()))
        } else {
            self.expected(position, key, "a string", &told(value));
            None
        }
    }

    /// One of several words, or the default.
    pub(crate) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&'static str, T)],
        default: Option<T>,
    ) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let expected = format!("one of {}", words.join(", "));
        let Some((position, value)) = self.find(key) else {
            if default.is_none() {
                self.complain(&format!("{key} is missing: {expected}"));
            }
            return default;
        };
        let (_, text) = self.as_text(key, (position, value))?;
        let chosen = choices.iter().find(|(word, _)| *word == text);
        if chosen.is_none() {
            let hint = nearest(&text, words);
            let hint = hint.map(|word| format!(" (is it \"{word}\"?)"));
            let found = format!("\"{text}\"{}", hint.unwrap_or_default());
            self.expected(position, key, &expected, &found);
        }
        chosen.map(|(_, choice)| *choice).or(default)
    }

    /// A list of numbers; none if it is not given.
    pub(crate) fn numbers(&self, key: &'static str, range: &RangeInclusive<f64>) -> Vec<f64> {
        self.list(key, |found| self.as_number(key, found, range))
    }

    /// A list of whole numbers; none if it is not given.
    pub(crate) fn counts(&self, key: &'static str, range: &RangeInclusive<u32>) -> Vec<u32> {
        self.list(key, |found| self.as_count(key, found, range))
    }

    /// A list of texts, each with its position; none if it is not given.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<(usize, String)> {
        self.list(key, |found| self.as_text(key, found))
    }

    fn list<T>(&self, key: &'static str, read: impl Fn(Found<'a>) -> Option<T>) -> Vec<T> {
        match self.find(key) {
            None => Vec::new(),
            Some((_, DeValue::Array(values))) => {
                let found = values.iter();
                let found = found.map(|value| (value.span().start, value.get_ref()));
                found.filter_map(read).collect()
            }
            Some((position, value)) => {
                self.expected(position, key, "an array", &told(value));
                Vec::new()
            }
        }
    }

    /// The table of this name; an empty one if there is none.
    pub(crate) fn section(&self, key: &'static str) -> Self {
        let name = format!("[{}]", self.path(key));
        match self.find(key) {
            None => Self::new(self.reading, name, self.position, None),
            Some((position, DeValue::Table(table))) => {
                Self::new(self.reading, name, position, Some(table))
            }
            Some((position, value)) => {
                self.expected(position, key, &format!("a table, {name}"), &told(value));
                Self::new(self.reading, name, position, None)
            }
        }
    }

    /// The tables of this name.
    pub(crate) fn sections(&self, key: &'static str) -> Vec<Self> {
        let name = format!("[[{}]]", self.path(key));
        let Some((position, value)) = self.find(key) else {
            return Vec::new();
        };
        let DeValue::Array(values) = value else {
            self.expected(position, key, &format!("tables, {name}"), &told(value));
            return Vec::new();
        };
        let section = |(position, value): Found<'a>| {
            if let DeValue::Table(table) = value {
                let name = name.clone();
                return Some(Self::new(self.reading, name, position, Some(table)));
            }
            self.expected(position, key, &format!("tables, {name}"), &told(value));
            None
        };
        values
            .iter()
            .filter_map(|value| section((value.span().start, value.get_ref())))
            .collect()
    }

    fn path(&self, key: &str) -> String {
        let name = self.name.trim_matches(['[', ']']);
        if name.is_empty() {
            key.to_owned()
        } else {
            format!("{name}.{key}")
        }
    }

    pub(crate) fn is_given(&self) -> bool {
        self.table.is_some()
    }

    /// Every entry, for a reader of its own.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a DeValue<'a>)> {
        let entries = self.table.into_iter().flatten();
        entries.map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()))
    }

    /// Complains about whatever nobody has asked for; the section has been read.
    pub(crate) fn finish(self) {
        self.complain_of_unknown();
    }

    pub(crate) fn complain_of_unknown(&self) {
        let known = self.known.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let hint = nearest(name, known.iter().copied());
            let hint = hint.map_or_else(
                || format!("; known are {}", known.join(", ")),
                |near| format!(" (is it `{near}`?)"),
            );
            let text = self.about(&format!("unknown key `{name}`{hint}"));
            self.reading.complain(key.span().start, text);
        }
    }
}

fn told(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        value => FieldValue::from(value).to_string(),
    }
}
