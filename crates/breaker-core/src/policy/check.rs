//! Whether a policy can be used.

use super::{Field, Mistake, Policy, PolicyError, Rule};

impl Policy {
    /// Checks each field's range, and that the fields go together.
    ///
    /// # Errors
    ///
    /// Names every mistake, with what would be right.
    pub fn check(&self) -> Result<(), PolicyError> {
        let mistakes = self.mistakes(&[]);
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(PolicyError(mistakes))
        }
    }

    /// What is wrong. A rule about a field in `unclear`, whose value is not
    /// what was meant, is not judged.
    pub(super) fn mistakes(&self, unclear: &[&str]) -> Vec<Mistake> {
        let ranges = Self::FIELDS
            .iter()
            .filter_map(|field| self.range_mistake(field));
        let rules = Self::RULES
            .iter()
            .filter(|rule| !rule.keys.iter().any(|key| unclear.contains(key)))
            .filter_map(|rule| self.rule_mistake(rule));
        ranges.chain(rules).collect()
    }

    fn range_mistake(&self, field: &Field) -> Option<Mistake> {
        let found = field.get(self);
        (!field.allows(found)).then(|| Mistake::Value {
            key: field.key,
            expected: field.expected(),
            found,
        })
    }

    fn rule_mistake(&self, rule: &Rule) -> Option<Mistake> {
        if (rule.holds)(self) {
            return None;
        }
        let found: Vec<_> = self
            .to_fields()
            .filter(|(key, _)| rule.keys.contains(key))
            .collect();
        // No rule holds for what is not a number, which is mistake enough.
        let judged = found.iter().all(|(_, value)| value.is_finite());
        judged.then_some(Mistake::Rule {
            text: rule.text,
            found,
        })
    }
}
