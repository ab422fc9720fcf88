//! What was found, as a page of Markdown with pictures and scenarios.

use std::fmt::Write as _;

use super::{
    Event, Judged, StoreCondition,
    map::map,
    tally::{Count, Tally},
    worst::worst,
};
use crate::{judge::Rule, report::short, scenario::Kind};

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name within the folder.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// The page, `grid.md`, its maps and the worst cells of the first kind, and
/// all figures, `cells.csv`; all for one folder. `command` is what was run.
pub fn files(judged: &[Judged], rules: &[Rule], kinds: &[Kind], command: &str) -> Vec<File> {
    let mut page = format!(
        "# Conditions that no hand has picked\n\n`{command}`: {} cells of the grid, judged by \
         rules that know the truth. The share of cells in which each rule holds, of those to \
         which it applies:\n\n",
        judged.len()
    );
    page.push_str(&markdown(&Tally::of(judged, rules, kinds).rows()));
    page.push('\n');
    for rule in rules {
        let _ = writeln!(page, "- *{}*: {}.", rule.as_str(), rule.demands());
    }
    let mut files = Vec::new();
    if let Some(kind) = kinds.first() {
        let _ = writeln!(page, "\nAll that follows is about `{}`.", kind.as_str());
        by_condition(&mut page, judged, rules);
        for (index, rule) in rules.iter().enumerate() {
            by_rule(&mut page, &mut files, judged, (index, *rule), *kind);
        }
    }
    files.push(File {
        name: "grid.md".to_owned(),
        text: page,
    });
    files.push(File {
        name: "cells.csv".to_owned(),
        text: cells(judged, kinds),
    });
    files
}

/// Every figure of every cell, a line each.
fn cells(judged: &[Judged], kinds: &[Kind]) -> String {
    let mut text = String::from(
        "cell,environments,calls_per_environment,background,event,store,freeze,breaker,rule,\
         measure,figure,bound,holds\n",
    );
    for one in judged {
        let cell = &one.cell;
        let scenario = &cell.scenario;
        for (kind, findings) in kinds.iter().zip(&one.findings) {
            let measures = findings
                .iter()
                .flat_map(|finding| finding.measures.iter().map(move |one| (finding.rule, one)));
            for (rule, measure) in measures {
                let _ = writeln!(
                    text,
                    "{},{},{},{},{},{},{},{},{},{},{},{},{}",
                    cell.number,
                    cell.environments,
                    cell.calls_per_environment,
                    scenario.dependency[0].failure_rate,
                    cell.event.as_str(),
                    cell.store.as_str(),
                    scenario.fleet.freeze,
                    kind.as_str(),
                    rule.as_str(),
                    measure.what,
                    measure.figure,
                    measure.bound,
                    measure.holds(),
                );
            }
        }
    }
    text
}

fn markdown(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if index == 0 {
            let _ = writeln!(text, "| --- |{}", " ---: |".repeat(row.len() - 1));
        }
    }
    text
}

/// How often each rule holds under each event, and with each store.
fn by_condition(page: &mut String, judged: &[Judged], rules: &[Rule]) {
    let mut table = |name: &str, conditions: Vec<(&'static str, Vec<&Judged>)>| {
        let mut head = vec![name.to_owned()];
        head.extend(rules.iter().map(|rule| rule.as_str().to_owned()));
        let rows = conditions.into_iter().map(|(condition, cells)| {
            let shares = (0..rules.len()).map(|rule| {
                let mut count = Count::default();
                for one in &cells {
                    count.add(one.findings[0][rule].holds());
                }
                count.shown()
            });
            std::iter::once(condition.to_owned())
                .chain(shares)
                .collect()
        });
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
        let _ = write!(page, "\n{}", markdown(&rows));
    };
    let of = |is_it: &dyn Fn(&Judged) -> bool| judged.iter().filter(|one| is_it(one)).collect();
    let events = Event::ALL.map(|event| {
        let cells = of(&|one| one.cell.event == event);
        (event.as_str(), cells)
    });
    table("event", events.into());
    let stores = StoreCondition::ALL.map(|store| {
        let cells = of(&|one| one.cell.store == store);
        (store.as_str(), cells)
    });
    table("store", stores.into());
}

fn by_rule(
    page: &mut String,
    files: &mut Vec<File>,
    judged: &[Judged],
    (index, rule): (usize, Rule),
    kind: Kind,
) {
    let name = format!("map-{}.svg", rule.as_str());
    let _ = writeln!(page, "\n## {0}\n\n![{0}]({name})", rule.as_str());
    files.push(File {
        name,
        text: map(judged, 0, index, rule),
    });
    let worst = worst(judged, 0, index);
    if worst.is_empty() {
        return;
    }
    let head = ["cell", "environments", "calls/s of each", "store", "what"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for one in worst {
        let cell = &one.judged.cell;
        rows.push(vec![
            format!("[{}]({})", cell.scenario.name, one.file),
            cell.environments.to_string(),
            short(cell.calls_per_environment),
            cell.store.as_str().to_owned(),
            one.in_words(),
        ]);
        files.push(File {
            text: one.text(kind),
            name: one.file,
        });
    }
    let _ = write!(page, "\n{}", markdown(&rows));
}
