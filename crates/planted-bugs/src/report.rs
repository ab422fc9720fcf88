//! The results, as a page.

use std::fmt;

use crate::bug::Bug;
use crate::check::Check;
use crate::outcome::Outcome;

/// Which check caught which bug.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The checks, with how many tests each has.
    pub(crate) checks: Vec<(Check, usize)>,
    left_out: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// What the checks said about one bug, in their order.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) bug: Bug,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Row {
    /// The first test that failed.
    fn catcher(&self) -> Option<&str> {
        self.outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Caught { failed, .. } => failed.first().map(String::as_str),
            _ => None,
        })
    }
}

impl Report {
    pub(crate) fn left_out(&mut self, check: &Check, because: &str) {
        self.left_out.push(format!("`{}`: {because}.", check.name));
    }

    /// Whether every bug was caught.
    pub(crate) fn is_complete(&self) -> bool {
        self.rows.iter().all(|row| row.catcher().is_some())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, page: &mut fmt::Formatter<'_>) -> fmt::Result {
        let caught = self.rows.iter().filter(|row| row.catcher().is_some());
        writeln!(page, "# Planted bugs\n")?;
        writeln!(
            page,
            "Each bug in `crates/planted-bugs/bugs` was \
             planted alone in a copy of the breaker, and every check ran there. {} of {} bugs were \
             caught. A bug that does not compile, or that no \
             test ends with, does not count as caught.\n",
            caught.count(),
            self.rows.len(),
        )?;
        writeln!(page, "| check | tests | what it is |\n| --- | ---: | --- |")?;
        for (check, tests) in &self.checks {
            writeln!(page, "| {} | {tests} | {} |", check.name, check.about)?;
        }
        for line in &self.left_out {
            writeln!(page, "\nLeft out: {line}")?;
        }
        write!(page, "\n| bug |")?;
        for (check, _) in &self.checks {
            write!(page, " {} |", check.name)?;
        }
        writeln!(page, "\n| --- |{}", " --- |".repeat(self.checks.len()))?;
        for row in &self.rows {
            write!(page, "| {} |", row.bug.name)?;
            for outcome in &row.outcomes {
                write!(page, " {outcome} |")?;
            }
            writeln!(page)?;
        }
        writeln!(page, "\n## What they are")?;
        for row in &self.rows {
            let bug = &row.bug;
            writeln!(page, "\n**{}**. {} {}", bug.name, bug.what, bug.why)?;
            match row.catcher() {
                Some(test) => writeln!(page, "Caught first by `{test}`.")?,
                None => writeln!(page, "Not caught: a test is missing.")?,
            }
        }
        Ok(())
    }
}
