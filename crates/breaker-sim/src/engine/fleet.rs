//! What happens to the fleet itself: it grows and shrinks, and clocks are set.

use super::{Engine, conditions::Timeline, environments::Spread};
use crate::{
    process::Process,
    scenario::Scenario,
    units::{Micros, moment},
};

/// A change of the fleet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// There are so many environments.
    Size(u32),
    /// The clocks of the first environments are set.
    Clocks { count: u32, by_ms: i64 },
}

impl Timeline<Change> {
    pub(super) fn of_changes(scenario: &Scenario, warm_up: Micros) -> Self {
        let sizes = scenario.fleet.changes.iter();
        let sizes = sizes.map(|change| (change.at_s, Change::Size(change.environments)));
        let clocks = scenario.clocks.iter().map(|step| {
            let clocks = Change::Clocks {
                count: step.count,
                by_ms: step.by_ms,
            };
            (step.at_s, clocks)
        });
        let all = sizes.chain(clocks);
        Self::of(all.map(|(at_s, change)| (moment(warm_up, at_s), change)))
    }
}

impl<P: Process> Engine<'_, P> {
    /// The environment that takes the next call.
    pub(super) fn choose_environment(&mut self) -> u32 {
        let (dependency, now) = (&self.dependency, self.now);
        let spread = self.most_traffic.map(|most| Spread {
            weight: |number| dependency.traffic_of(number, now),
            most,
        });
        self.occupancy.take(&mut self.placement, spread)
    }

    pub(super) fn change_fleet(&mut self) {
        match self.changes.take() {
            Some(Change::Size(size)) => self.resize(size),
            Some(Change::Clocks { count, by_ms }) => {
                for environment in self.environments.iter_mut().take(count as usize) {
                    environment.epoch_ms = environment.epoch_ms.saturating_add_signed(by_ms);
                }
            }
            None => {}
        }
    }

    fn resize(&mut self, size: u32) {
        for number in self.occupancy.resize(size) {
            let cold = self.cold_start();
            match self.environments.get_mut(number as usize) {
                Some(gone) => *gone = cold,
                // Numbers are given in order, without gaps.
                None => self.environments.push(cold),
            }
        }
    }
}
