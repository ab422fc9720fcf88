//! `judge`.

use std::{path::PathBuf, process::ExitCode};

use breaker_sim::{
    judge::{Finding, Rule, run_and_judge},
    report::{columns, short},
};
use clap::Args;

use super::{
    grid::{or_all, rule},
    load,
};

/// One run of a scenario, judged.
#[derive(Debug, Args)]
pub(super) struct Once {
    /// The scenario, in TOML.
    scenario: PathBuf,
    /// Another seed than the scenario's.
    #[arg(long)]
    seed: Option<u64>,
    /// Which rules; all, unless given.
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule)]
    rules: Vec<Rule>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Once {
    /// Fails if a rule does not hold.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let scenario = load(&self.scenario)?;
        let rules = or_all(&self.rules, &Rule::ALL);
        let findings = run_and_judge(&scenario, self.seed.unwrap_or(scenario.seed), &rules);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&findings)?);
        } else {
            print!("{}", table(&findings));
        }
        if findings
            .iter()
            .any(|finding| finding.holds() == Some(false))
        {
            Ok(ExitCode::FAILURE)
        } else {
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn table(findings: &[Finding]) -> String {
    let mut rows = vec![
        ["rule", "holds", "figure", "bound", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    for finding in findings {
        let rule = finding.rule.as_str().to_owned();
        if finding.measures.is_empty() {
            rows.push(vec![rule.clone(), "does not apply".to_owned()]);
        }
        for measure in &finding.measures {
            rows.push(vec![
                rule.clone(),
                if measure.holds() { "yes" } else { "no" }.to_owned(),
                short(measure.figure),
                short(measure.bound),
                measure.what.to_owned(),
            ]);
        }
    }
    columns(&rows)
}
