//! `frontier`.

use std::{path::PathBuf, process::ExitCode};

use breaker_core::Policy;
use breaker_sim::{
    figures::Figures,
    report::{Frontier, Point, columns, short},
    scenario::{Cell, Scenario},
    sweep::{run_all, spread},
};
use clap::Args;

use super::{progress::bar, write};

/// How soon a partial outage is seen, against how many calls are refused without
/// need, by how much evidence the circuit asks for.
#[derive(Debug, Args)]
pub(super) struct FrontierRun {
    /// How many seeds.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// Another first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the picture into this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What the evidence bound may be.
const BOUNDS: [f64; 8] = [2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 16.0, 22.0];

/// More than this share of calls must fail before the circuit opens for sure; it
/// fails from a moment on.
const TOO_MANY: f64 = 0.6;

/// Half way to what must never open, and what need not.
const FEW_ENOUGH: [f64; 2] = [0.4, 0.45];

/// A hundred environments with a call a second each, all of whose calls fail so
/// often from the tenth second on.
fn scenario(share: f64, duration_s: u32) -> anyhow::Result<Scenario> {
    let text = format!(
        "name = \"{share} failing\"\nseed = 1\nduration_s = {duration_s}\n\
         [fleet]\nenvironments = 100\ncalls_per_second = 100\n\
         [[dependency]]\nat_s = 0\nfailure_rate = 0.01\n\
         [[dependency]]\nat_s = 10\nfailure_rate = {share}\n"
    );
    Ok(Scenario::read(&text)?)
}

/// The scenario with each of the bounds.
fn with_bounds(scenario: &Scenario) -> Vec<Cell> {
    let cells = BOUNDS.iter().map(|bound| {
        let mut scenario = scenario.clone();
        scenario.policy.evidence_bound = *bound;
        Cell { scenario }
    });
    cells.collect()
}

impl FrontierRun {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let seeds: Vec<u64> = (0..self.seeds).map(|number| self.seed + number).collect();
        let mut all = with_bounds(&scenario(TOO_MANY, 130)?);
        for share in FEW_ENOUGH {
            all.extend(with_bounds(&scenario(share, 610)?));
        }
        let bar = bar(all.len() * seeds.len(), "frontier");
        let runs = run_all(&all, &seeds, || bar.inc(1));
        bar.finish_and_clear();
        let mut runs = runs.chunks(BOUNDS.len());
        let late = runs.next().unwrap_or_default();
        let lines: Vec<_> = FEW_ENOUGH
            .iter()
            .zip(runs)
            .map(|(share, needless)| {
                let name = format!("{} % fail", short(share * 100.0));
                (name, points(late, needless))
            })
            .collect();
        print!("{}", table(&lines));
        if let Some(file) = &self.out {
            let picture = Frontier {
                title: "How much evidence opens the circuit",
                across: "until it opens when 60 % of 100 calls/s fail, in seconds (median)",
                upwards: "calls refused in ten minutes in which fewer fail, in percent",
                lines,
            };
            write(file, &picture.draw())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What each bound comes to.
fn points(late: &[Vec<Figures>], needless: &[Vec<Figures>]) -> Vec<Point> {
    let each = BOUNDS.iter().zip(late).zip(needless);
    each.map(|((bound, late), needless)| Point {
        label: short(*bound),
        across: spread(late, "seconds_to_open").map_or(f64::NAN, |spread| spread.median),
        upwards: 100.0 * refused(needless),
        is_chosen: (bound - Policy::default().evidence_bound).abs() < f64::EPSILON,
    })
    .collect()
}

/// The share of calls that did not pass.
fn refused(runs: &[Figures]) -> f64 {
    let sum = |name| -> f64 { runs.iter().filter_map(|run| run.value(name)).sum() };
    sum("rejected") / sum("calls").max(1.0)
}

fn table(lines: &[(String, Vec<Point>)]) -> String {
    let mut rows = vec![vec![
        "evidence bound".to_owned(),
        "seconds to open".to_owned(),
    ]];
    rows[0].extend(lines.iter().map(|(name, _)| format!("refused, {name}")));
    for (number, bound) in BOUNDS.iter().enumerate() {
        let mut row = vec![short(*bound)];
        if let Some((_, points)) = lines.first() {
            row.push(short(points[number].across));
        }
        row.extend(
            lines
                .iter()
                .map(|(_, points)| format!("{} %", short(points[number].upwards))),
        );
        rows.push(row);
    }
    columns(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_evidence_is_asked_for_the_later_it_opens_and_the_default_is_among_them() {
        let run = |seconds: u64, rejected| Figures {
            seconds_to_open: Some(f64::from(u32::try_from(seconds).unwrap())),
            calls: 200,
            rejected,
            ..Figures::default()
        };
        let late: Vec<_> = (1..=8).map(|seconds| vec![run(seconds, 0)]).collect();
        let needless: Vec<_> = (1..=8).map(|_| vec![run(0, 100), run(0, 0)]).collect();
        let points = points(&late, &needless);
        assert_eq!(points.iter().filter(|point| point.is_chosen).count(), 1);
        assert!(
            points
                .iter()
                .all(|point| (point.upwards - 25.0).abs() < 1e-9)
        );
        assert!(points.is_sorted_by_key(|point| point.across.to_bits()));
        assert_eq!(table(&[("few".to_owned(), points)]).lines().count(), 9);
    }

    #[test]
    fn its_scenarios_can_be_read() {
        for share in FEW_ENOUGH {
            assert_eq!(with_bounds(&scenario(share, 60).unwrap()).len(), 8);
        }
    }
}
