//! Fleets of many sizes and traffics, made from one scenario.

use super::{Exception, Scenario};
use crate::figures::Figures;

/// What is varied. An empty list leaves what the scenario says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grid {
    /// Sizes of the fleet.
    pub environments: Vec<u32>,
    /// Calls a second of each environment.
    pub calls_per_environment: Vec<f64>,
    /// Failure rates of the dependency at the beginning.
    pub failure_rates: Vec<f64>,
}

/// One point of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What is run there.
    pub scenario: Scenario,
}

impl Grid {
    /// The scenario at every point.
    pub fn cells(&self, scenario: &Scenario) -> Vec<Cell> {
        let fleet = &scenario.fleet;
        let each = |list: &[f64], own: f64| {
            if list.is_empty() {
                vec![own]
            } else {
                list.to_vec()
            }
        };
        let sizes = if self.environments.is_empty() {
            vec![fleet.environments]
        } else {
            self.environments.clone()
        };
        let own_rate = fleet.calls_per_second / f64::from(fleet.environments);
        let mut cells = Vec::new();
        for &failure_rate in &each(&self.failure_rates, scenario.dependency[0].failure_rate) {
            for &environments in &sizes {
                for &calls in &each(&self.calls_per_environment, own_rate) {
                    let mut scenario = scenario.clone();
                    scenario.fleet.environments = environments;
                    scenario.fleet.calls_per_second = calls * f64::from(environments);
                    scenario.dependency[0].failure_rate = failure_rate;
                    shrink(&mut scenario.environments, environments);
                    cells.push(Cell { scenario });
                }
            }
        }
        cells
    }
}

/// No more exceptions than there are environments.
fn shrink(exceptions: &mut Vec<Exception>, environments: u32) {
    let mut left = environments;
    for exception in exceptions.iter_mut() {
        exception.count = exception.count.min(left);
        left -= exception.count;
    }
    exceptions.retain(|exception| exception.count > 0);
}

impl Cell {
    /// What a condition can name: a figure of a run, or what the cell is.
    pub fn value(&self, figures: &Figures, name: &str) -> Option<f64> {
        let fleet = &self.scenario.fleet;
        match name {
            "environments" => Some(f64::from(fleet.environments)),
            "calls_per_second" => Some(fleet.calls_per_second),
            "calls_per_environment" => Some(fleet.calls_per_second / f64::from(fleet.environments)),
            "failure_rate" => Some(self.scenario.dependency[0].failure_rate),
            "duration_s" => Some(self.scenario.duration_s),
            name => figures.value(name),
        }
    }

    /// The names of what a cell is.
    pub const NAMES: [&'static str; 5] = [
        "environments",
        "calls_per_second",
        "calls_per_environment",
        "failure_rate",
        "duration_s",
    ];
}
