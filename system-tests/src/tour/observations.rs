//! What the tour saw, against what the pattern promises.

/// One thing to be seen.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) seen: String,
    pub(crate) held: bool,
}

/// All that was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    rows: Vec<Observation>,
}

impl Observations {
    /// Notes what was seen, and whether it is what was expected.
    pub(crate) fn note(&mut self, what: &str, expected: &str, seen: impl Into<String>, held: Held) {
        self.rows.push(Observation {
            what: what.to_owned(),
            expected: expected.to_owned(),
            seen: seen.into(),
            held: held == Held::Yes,
        });
    }

    pub(crate) fn rows(&self) -> &[Observation] {
        &self.rows
    }

    /// How many things were not as expected.
    pub(crate) fn broken(&self) -> usize {
        self.rows.iter().filter(|row| !row.held).count()
    }
}

/// Whether something was as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Yes,
    No,
}

impl From<bool> for Held {
    fn from(held: bool) -> Self {
        if held { Self::Yes } else { Self::No }
    }
}
