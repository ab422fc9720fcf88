//! An update and its condition, as DynamoDB wants them written.
//!
//! All names and values are placeholders, so an expression's length does not
//! depend on how long they are, and no name can be a reserved word.
//!
//! DynamoDB allows 4 KB for each expression and 300 operators and functions in
//! an update ("Quotas in Amazon DynamoDB", section "Expression parameters").
//! What counts as an operator is documented only for `+`; here every action
//! and every function counts.

use std::collections::BTreeMap;

use super::{attribute::AttributeValue, codec::number};

/// The most operations of one update.
pub(super) const MAX_OPERATIONS: usize = 300;

/// What must hold, and what is done then.
#[derive(Debug, Default)]
pub(super) struct Expression {
    conditions: Vec<String>,
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    functions: usize,
    names: BTreeMap<String, String>,
    values: BTreeMap<String, AttributeValue>,
}

/// An expression as the parts of a request.
#[derive(Debug)]
pub(super) struct Parts {
    /// `None` if nothing is done.
    pub(super) update: Option<String>,
    pub(super) condition: String,
    pub(super) names: BTreeMap<String, String>,
    pub(super) values: BTreeMap<String, AttributeValue>,
}

impl Expression {
    /// The placeholder of an attribute.
    pub(super) fn name(&mut self, attribute: impl Into<String>) -> String {
        let next = self.names.len();
        let placeholder = self.names.entry(attribute.into());
        placeholder.or_insert_with(|| format!("#{next}")).clone()
    }

    /// The placeholder of a value.
    pub(super) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// All that is required must hold.
    pub(super) fn require(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    pub(super) fn set(&mut self, attribute: impl Into<String>, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.sets.push(format!("{name} = {value}"));
    }

    /// Sets what has no value yet.
    pub(super) fn set_if_absent(&mut self, attribute: impl Into<String>, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.sets
            .push(format!("{name} = if_not_exists({name}, {value})"));
        self.functions += 1;
    }

    pub(super) fn remove(&mut self, attribute: impl Into<String>) {
        let name = self.name(attribute);
        self.removes.push(name);
    }

    /// Adds to a number; one that is absent is 0.
    pub(super) fn add(&mut self, attribute: impl Into<String>, addend: u64) {
        let (name, addend) = (self.name(attribute), self.value(number(addend)));
        self.adds.push(format!("{name} {addend}"));
    }

    /// How many more operations there may be.
    pub(super) fn room(&self) -> usize {
        let actions = self.sets.len() + self.removes.len() + self.adds.len();
        MAX_OPERATIONS.saturating_sub(actions + self.functions)
    }

    pub(super) fn into_parts(self) -> Parts {
        let clauses = [
            ("SET", self.sets),
            ("REMOVE", self.removes),
            ("ADD", self.adds),
        ];
        let clauses: Vec<String> = clauses
            .into_iter()
            .filter(|(_, actions)| !actions.is_empty())
            .map(|(keyword, actions)| format!("{keyword} {}", actions.join(", ")))
            .collect();
        let names = self.names.into_iter();
        Parts {
            update: (!clauses.is_empty()).then(|| clauses.join(" ")),
            condition: self.conditions.join(" AND "),
            names: names
                .map(|(name, placeholder)| (placeholder, name))
                .collect(),
            values: self.values,
        }
    }
}
