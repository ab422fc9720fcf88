//! The mistakes of one request, as far as a problem names them.

use contract::FieldError;

/// How many mistakes a problem names. A client mends these before it learns of others.
const NAMED: usize = 20;

/// How many of them its detail tells people.
const TOLD: usize = 5;

/// The longest name of a field, in characters: clients choose the names of unknown ones.
const FIELD_MAX_CHARS: usize = 100;

/// Mistakes within bounds, whatever the client has sent: those that no problem would name are
/// counted and not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::http) struct Mistakes {
    pub(in crate::http) named: Vec<FieldError>,
    /// How many more there are.
    pub(in crate::http) more: usize,
}

impl Mistakes {
    /// Adds a mistake, which is described only if it will be named.
    pub(in crate::http) fn note(&mut self, describe: impl FnOnce() -> FieldError) {
        if self.named.len() < NAMED {
            let FieldError { field, message } = describe();
            let field = shortened(field);
            self.named.push(FieldError { field, message });
        } else {
            self.more += 1;
        }
    }

    pub(in crate::http) fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The first mistakes as a sentence; programs read `named`.
    pub(super) fn detail(&self) -> String {
        let told = self.named.iter().take(TOLD).map(tell);
        let mut detail = told.collect::<Vec<_>>().join("; ");
        let untold = self.named.len().saturating_sub(TOLD) + self.more;
        if untold > 0 {
            detail.extend(["; and ", &untold.to_string(), " more"]);
        }
        detail.push('.');
        detail
    }
}

impl Extend<FieldError> for Mistakes {
    fn extend<I: IntoIterator<Item = FieldError>>(&mut self, errors: I) {
        errors.into_iter().for_each(|error| self.note(|| error));
    }
}

impl FromIterator<FieldError> for Mistakes {
    fn from_iter<I: IntoIterator<Item = FieldError>>(errors: I) -> Self {
        let mut mistakes = Self::default();
        mistakes.extend(errors);
        mistakes
    }
}

/// The name, or its beginning in memory of its own: a cut text keeps the room of the whole one.
fn shortened(field: String) -> String {
    match field.char_indices().nth(FIELD_MAX_CHARS) {
        Some((end, _)) => format!("{}…", &field[..end]),
        None => field,
    }
}

fn tell(FieldError { field, message }: &FieldError) -> String {
    match field.as_str() {
        "" => message.clone(),
        field => format!("{field} {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(count: usize) -> Mistakes {
        let error = |number| FieldError {
            field: format!("f{number}"),
            message: "is wrong".to_owned(),
        };
        (1..=count).map(error).collect()
    }

    #[test]
    fn what_is_named_is_bounded_and_what_is_not_is_counted() {
        for (count, named, more) in [(1, 1, 0), (20, 20, 0), (21, 20, 1), (5_000, 20, 4_980)] {
            let mistakes = mistakes(count);
            assert_eq!((mistakes.named.len(), mistakes.more), (named, more));
        }
    }

    #[test]
    fn the_detail_tells_five_and_counts_the_others() {
        assert_eq!(mistakes(1).detail(), "f1 is wrong.");
        assert!(mistakes(5).detail().ends_with("; f5 is wrong."));
        assert!(mistakes(6).detail().ends_with("; f5 is wrong; and 1 more."));
        assert!(mistakes(99).detail().ends_with("; and 94 more."));
    }

    #[test]
    fn a_long_name_is_cut_between_two_characters() {
        let error = FieldError {
            field: "ü".repeat(30_000),
            message: String::new(),
        };
        let mistakes = Mistakes::from_iter([error]);
        let kept = &mistakes.named[0].field;
        assert_eq!(*kept, format!("{}…", "ü".repeat(100)));
        assert!(kept.capacity() < 1_000, "{}", kept.capacity());
    }
}
