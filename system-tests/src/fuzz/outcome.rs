//! What schemathesis reports: a summary, and a line of JSON for each event.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::disk;

/// The files of one run.
#[derive(Debug)]
pub(super) struct Reports {
    pub(super) folder: PathBuf,
    pub(super) summary: PathBuf,
    pub(super) events: PathBuf,
}

/// How many cases each phase sent, and how often each check judged one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) phases: BTreeMap<String, u64>,
    pub(super) checks: BTreeMap<String, u64>,
    /// How many answers were 503.
    pub(super) unavailable: u64,
    pub(super) version: String,
    pub(super) date: String,
}

/// Of a run as a whole.
#[derive(Debug, Deserialize)]
struct Summary {
    complete: bool,
    schemathesis_version: String,
    /// RFC 3339.
    started_at: String,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "ScenarioFinished")]
    scenario: Option<Scenario>,
}

#[derive(Debug, Deserialize)]
struct Scenario {
    phase: String,
    recorder: Recorder,
}

#[derive(Debug, Deserialize)]
struct Recorder {
    #[serde(default)]
    cases: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    checks: BTreeMap<String, Vec<Judgement>>,
    #[serde(default)]
    interactions: BTreeMap<String, Interaction>,
}

#[derive(Debug, Deserialize)]
struct Interaction {
    response: Option<Response>,
}

#[derive(Debug, Deserialize)]
struct Response {
    status_code: u16,
}

#[derive(Debug, Deserialize)]
struct Judgement {
    name: String,
}

impl Outcome {
    pub(super) fn cases(&self) -> u64 {
        self.phases.values().sum()
    }

    fn of(events: impl BufRead) -> Result<Self> {
        let mut outcome = Self::default();
        for line in events.lines() {
            let event: Event = serde_json::from_str(&line?)?;
            if let Some(Scenario { phase, recorder }) = event.scenario {
                *outcome.phases.entry(phase).or_default() += recorder.cases.len() as u64;
                let answers = recorder.interactions.into_values();
                let answers = answers.filter_map(|interaction| interaction.response);
                outcome.unavailable +=
                    answers.filter(|answer| answer.status_code == 503).count() as u64;
                for judgement in recorder.checks.into_values().flatten() {
                    *outcome.checks.entry(judgement.name).or_default() += 1;
                }
            }
        }
        outcome.phases.retain(|_, cases| *cases > 0);
        Ok(outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests", self.cases())
    }
}

impl Reports {
    /// Files of an earlier run are removed, so that they cannot be taken for this one's.
    pub(super) fn fresh(folder: &Path) -> Result<Self> {
        disk::remove_folder(folder)?;
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self {
            folder: folder.to_path_buf(),
            summary: folder.join("summary.json"),
            events: folder.join("events.ndjson"),
        })
    }

    /// How many bytes of events there are; they come in blocks, one an operation and phase.
    pub(super) fn written(&self) -> u64 {
        std::fs::metadata(&self.events).map_or(0, |events| events.len())
    }

    /// What can be read of the events while they are being written.
    pub(super) fn cases_so_far(&self) -> u64 {
        let events = std::fs::read(&self.events).unwrap_or_default();
        let whole = events.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(&[][..], |end| &events[..end]);
        Outcome::of(whole).map_or(0, |outcome| outcome.cases())
    }

    pub(super) fn read(&self) -> Result<Outcome> {
        let summary: Summary = serde_json::from_slice(&std::fs::read(&self.summary)?)?;
        ensure!(summary.complete, "the run was not complete");
        let outcome = Outcome::of(BufReader::new(std::fs::File::open(&self.events)?))?;
        Ok(Outcome {
            version: summary.schemathesis_version,
            date: summary.started_at.chars().take(10).collect(),
            ..outcome
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_counted_by_phase_and_judgements_by_check() {
        let events = concat!(
            r#"{"Initialize": {"seed": 1}}"#,
            "\n",
            r#"{"ScenarioFinished": {"phase": "examples", "recorder": {"label": "GET /x"}}}"#,
            "\n",
            r#"{"ScenarioFinished": {"phase": "fuzzing", "recorder": {"cases": {"a": 1, "b": {}},
                "interactions": {"a": {"response": {"status_code": 503}}, "b": {"response": null}},
                "checks": {"a": [{"name": "one", "status": "success"}, {"name": "two"}],
                "b": [{"name": "one"}]}}}}"#,
        );
        let events = events.replace("\n                ", " ");
        let outcome = Outcome::of(events.as_bytes()).unwrap();
        let told = |pairs: &[(&str, u64)]| {
            let owned = pairs
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count));
            owned.collect::<BTreeMap<_, _>>()
        };
        assert_eq!(outcome.phases, told(&[("fuzzing", 2)]));
        assert_eq!(outcome.unavailable, 1);
        assert_eq!(outcome.checks, told(&[("one", 2), ("two", 1)]));
    }
}
