//! What must hold, as text: `seconds_to_open <= 2 or calls_to_open <= 30`.
//!
//! Both sides of a comparison are products and quotients of numbers and names:
//! figures of the run, or what the cell is. A figure that does not apply makes
//! its comparison false.

use std::fmt;

use super::{Cell, section::nearest};
use crate::figures::Figures;

/// Comparisons of which one must be true.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    any_of: Vec<Comparison>,
}

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    left: Product,
    operator: Operator,
    right: Product,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

#[derive(Debug, Clone, PartialEq)]
struct Product(Vec<(Factor, Term)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Factor {
    Times,
    Over,
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    Number(f64),
    Name(String),
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    ///
    /// Says what is wrong and what would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let alternatives = words.split(|word| *word == "or");
        let any_of: Result<_, _> = alternatives.map(Comparison::read).collect();
        Ok(Self {
            text: text.to_owned(),
            any_of: any_of?,
        })
    }

    /// Whether it holds for a run of a cell.
    pub fn holds(&self, cell: &Cell, figures: &Figures) -> bool {
        let value = |name: &str| cell.value(figures, name);
        self.any_of
            .iter()
            .any(|comparison| comparison.is_true(&value) == Some(true))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Comparison {
    fn read(words: &[&str]) -> Result<Self, String> {
        let found = words
            .iter()
            .enumerate()
            .find_map(|(index, word)| Operator::read(word).map(|operator| (index, operator)));
        let Some((index, operator)) = found else {
            return Err(format!(
                "`{}` compares nothing: write <, <=, ==, >= or > with spaces around it",
                words.join(" ")
            ));
        };
        Ok(Self {
            left: Product::read(&words[..index])?,
            operator,
            right: Product::read(&words[index + 1..])?,
        })
    }

    fn is_true(&self, value: &impl Fn(&str) -> Option<f64>) -> Option<bool> {
        let (left, right) = (self.left.value(value)?, self.right.value(value)?);
        Some(match self.operator {
            Operator::Less => left < right,
            Operator::AtMost => left <= right,
            Operator::Equal => (left - right).abs() < 1e-9,
            Operator::AtLeast => left >= right,
            Operator::More => left > right,
        })
    }
}

impl Operator {
    fn read(word: &str) -> Option<Self> {
        match word {
            "<" => Some(Self::Less),
            "<=" => Some(Self::AtMost),
            "==" => Some(Self::Equal),
            ">=" => Some(Self::AtLeast),
            ">" => Some(Self::More),
            _ => None,
        }
    }
}

impl Product {
    fn read(words: &[&str]) -> Result<Self, String> {
        let mut terms = Vec::new();
        let mut factor = Some(Factor::Times);
        for word in words {
            match (factor, *word) {
                (None, "*") => factor = Some(Factor::Times),
                (None, "/") => factor = Some(Factor::Over),
                (None, word) => return Err(format!("`{word}` follows a value: write * or /")),
                (Some(by), word) => {
                    terms.push((by, Term::read(word)?));
                    factor = None;
                }
            }
        }
        if factor.is_some() {
            return Err("a number or a figure is missing beside a comparison, * or /".to_owned());
        }
        Ok(Self(terms))
    }

    fn value(&self, value: &impl Fn(&str) -> Option<f64>) -> Option<f64> {
        self.0.iter().try_fold(1.0, |product, (factor, term)| {
            let term = match term {
                Term::Number(number) => *number,
                Term::Name(name) => value(name)?,
            };
            Some(match factor {
                Factor::Times => product * term,
                Factor::Over => product / term,
            })
        })
    }
}

impl Term {
    fn read(word: &str) -> Result<Self, String> {
        if let Ok(number) = word.parse() {
            return Ok(Self::Number(number));
        }
        let figures = Figures::ALL.iter().map(|(name, _)| *name);
        let mut known = figures.chain(Cell::NAMES);
        if known.clone().any(|name| name == word) {
            return Ok(Self::Name(word.to_owned()));
        }
        let hint = nearest(word, known.by_ref());
        let hint = hint.map(|near| format!(" (is it `{near}`?)"));
        Err(format!(
            "unknown figure `{word}`{}",
            hint.unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn holds(condition: &str, figures: &Figures) -> bool {
        let cell = Cell {
            scenario: Scenario::quiet(),
        };
        Condition::read(condition).unwrap().holds(&cell, figures)
    }

    #[test]
    fn one_true_comparison_is_enough() {
        let figures = Figures {
            seconds_to_open: Some(3.0),
            calls_to_open: Some(25),
            ..Figures::default()
        };
        assert!(holds(
            "seconds_to_open <= 2 or calls_to_open <= 30",
            &figures
        ));
        assert!(!holds(
            "seconds_to_open <= 2 or calls_to_open < 25",
            &figures
        ));
    }

    #[test]
    fn a_figure_that_does_not_apply_proves_nothing() {
        assert!(!holds("first_open_s <= 2", &Figures::default()));
        assert!(!holds("first_open_s > 2", &Figures::default()));
    }

    #[test]
    fn bounds_can_depend_on_the_cell() {
        let figures = Figures {
            store_reads: 120,
            ..Figures::default()
        };
        // 10 environments, 60 s.
        assert!(holds(
            "store_reads <= environments * duration_s / 5",
            &figures
        ));
        assert!(!holds(
            "store_reads < environments * duration_s / 5",
            &figures
        ));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        for (text, part) in [
            ("open == 0", "(is it `opens`?)"),
            ("opens", "write <, <=, ==, >= or >"),
            ("opens <= ", "a number or a figure is missing"),
            ("opens probes <= 1", "write * or /"),
        ] {
            let error = Condition::read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
