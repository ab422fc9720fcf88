//! A row of the tables, as a scenario file describes it.

use super::{
    BUSIEST, Condition, Grid, LARGEST_FLEET,
    section::{Section, nearest},
};
use crate::figures::Figures;

/// What a scenario is to show.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What must hold, in words.
    pub must: String,
    /// Over which fleets.
    pub grid: Grid,
    /// Over how many seeds, from the scenario's own on.
    pub seeds: u32,
    /// Which figures are shown.
    pub show: Vec<String>,
    /// What must hold.
    pub checks: Vec<Check>,
}

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What, for a run.
    pub holds: Condition,
    /// In which cells; in all, if there is no condition.
    pub when: Option<Condition>,
    /// In which share of runs at least.
    pub in_runs: f64,
}

impl Row {
    pub(crate) fn read(section: Section<'_>) -> Self {
        let checks = section.sections("check").into_iter().filter_map(read_check);
        let checks = checks.collect();
        let row = Self {
            must: section.needed_text("must"),
            grid: Grid {
                environments: section.counts("environments", &(1..=LARGEST_FLEET)),
                calls_per_environment: section.numbers("calls_per_environment", &(0.0..=BUSIEST)),
                failure_rates: section.numbers("failure_rates", &(0.0..=1.0)),
            },
            seeds: section.count("seeds", 1..=100_000, 1),
            show: read_show(&section),
            checks,
        };
        section.finish();
        row
    }
}

fn read_show(section: &Section<'_>) -> Vec<String> {
    let mut show = Vec::new();
    for (position, name) in section.texts("show") {
        let mut known = Figures::ALL.iter().map(|(name, _)| *name);
        if known.clone().any(|known| known == name) {
            show.push(name);
        } else {
            let hint = nearest(&name, known.by_ref());
            let hint = hint.map(|near| format!(" (is it `{near}`?)"));
            let hint = hint.unwrap_or_default();
            section.complain_at(position, &format!("show: unknown figure `{name}`{hint}"));
        }
    }
    show
}

fn read_check(section: Section<'_>) -> Option<Check> {
    let holds = read_condition(&section, "holds");
    if holds.is_none() && section.find("holds").is_none() {
        section.complain("holds is missing: a condition such as \"opens == 0\"");
    }
    let when = read_condition(&section, "when");
    let in_runs = section.number("in_runs", 0.0..=1.0, 1.0);
    section.finish();
    Some(Check {
        holds: holds?,
        when,
        in_runs,
    })
}

fn read_condition(section: &Section<'_>, key: &'static str) -> Option<Condition> {
    let (position, text) = section
        .find(key)
        .and_then(|found| section.as_text(key, found))?;
    match Condition::read(&text) {
        Ok(condition) => Some(condition),
        Err(mistake) => {
            section.complain_at(position, &format!("{key}: {mistake}"));
            None
        }
    }
}
