//! One cell of the grid.

use fastrand::Rng;

use super::{event::Event, timing::Timing};
use crate::{
    random::{Draw, mixed},
    scenario::{Fault, FaultKind, Fleet, Scenario},
};

/// Sets the draws of cells apart from those of runs.
const SALT: u64 = 200;

/// Busier fleets are not drawn: a second of theirs takes too long to simulate.
pub(super) const MOST_CALLS_PER_S: f64 = 5_000.0;

/// A cell of the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its number under its seed.
    pub number: u64,
    /// The seed of its runs.
    pub seed: u64,
    /// How many environments the fleet has, when it is largest.
    pub environments: u32,
    /// Calls a second of each environment, when there are most.
    pub calls_per_environment: f64,
    /// What happens.
    pub event: Event,
    /// What the store does meanwhile.
    pub store: StoreCondition,
    /// What is run, of no particular kind of breaker.
    pub scenario: Scenario,
}

/// What the store does during the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreCondition {
    /// It serves.
    Well,
    /// It fails like this.
    Fails(FaultKind),
}

impl StoreCondition {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Well,
        Self::Fails(FaultKind::Slow),
        Self::Fails(FaultKind::Throttled),
        Self::Fails(FaultKind::Unavailable),
    ];

    /// The name in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Fails(FaultKind::Slow) => "slow",
            Self::Fails(FaultKind::Throttled) => "throttled",
            Self::Fails(FaultKind::Unavailable) => "away",
        }
    }
}

impl Cell {
    /// Draws the cell of a number. It follows from both alone.
    pub fn draw(seed: u64, number: u64) -> Self {
        let seed = mixed(mixed(seed, SALT), number);
        let mut draw = Draw(Rng::with_seed(seed));
        // A seed of a file is a signed integer.
        let seed = seed >> 1;
        let mut scenario = Scenario::quiet();
        scenario.seed = seed;
        draw_fleet(&mut draw, &mut scenario.fleet);
        let (environments, calls) = {
            let fleet = &scenario.fleet;
            (fleet.environments, fleet.calls_per_second)
        };
        scenario.dependency[0].failure_rate = draw.one_of(&[0.001, 0.05, 0.2]);
        let timing = Timing::of(scenario.fleet.calls_per_second, &mut draw);
        scenario.fleet.warm_up_s = timing.warm_up;
        let event = Event::draw(&mut draw);
        let happened = event.happen(&mut scenario, &timing, &mut draw);
        scenario.duration_s = timing.end(happened.ends);
        let store = draw.one_of(&StoreCondition::ALL);
        if let StoreCondition::Fails(kind) = store {
            let lasts = (happened.ends - timing.begins) * draw.between(0.5, 1.2);
            scenario.store.faults.push(Fault {
                at_s: timing.begins + draw.between(-5.0, 5.0),
                for_s: lasts,
                kind,
                latency_ms: None,
            });
        }
        scenario.name = format!("{number}: {} {}", event.as_str(), happened.detail);
        scenario.name.truncate(scenario.name.trim_end().len());
        Self {
            number,
            seed,
            environments,
            calls_per_environment: calls / f64::from(environments),
            event,
            store,
            scenario,
        }
    }
}

fn draw_fleet(draw: &mut Draw, fleet: &mut Fleet) {
    loop {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to 10,000"
        )]
        let environments = draw.of_magnitude(1.0, 10_001.0) as u32;
        let calls = f64::from(environments) * draw.of_magnitude(0.003, 1_000.0);
        if calls <= MOST_CALLS_PER_S {
            fleet.environments = environments;
            fleet.calls_per_second = calls;
            break;
        }
    }
    fleet.freeze = draw.chance(0.5);
    fleet.clock_skew_ms = draw.one_of(&[0.0, 50.0, 500.0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_follows_from_its_seed_and_number_alone() {
        assert_eq!(Cell::draw(1, 7), Cell::draw(1, 7));
        assert_ne!(Cell::draw(1, 7).scenario, Cell::draw(1, 8).scenario);
        assert_ne!(Cell::draw(1, 7).scenario, Cell::draw(2, 7).scenario);
    }

    #[test]
    fn every_point_is_a_scenario_of_bounded_size() {
        for number in 0..2_000 {
            let Cell { scenario, .. } = Cell::draw(3, number);
            let fleet = &scenario.fleet;
            let calls = fleet.calls_per_second * (scenario.duration_s + fleet.warm_up_s);
            assert!(calls < 650_000.0, "{calls} calls in {scenario:?}");
            assert!(fleet.calls_per_second <= MOST_CALLS_PER_S);
            let times = scenario.dependency.iter().map(|entry| entry.at_s);
            let times: Vec<f64> = times.collect();
            assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
            assert!(times.iter().all(|at_s| *at_s < scenario.duration_s));
        }
    }

    #[test]
    fn every_event_and_store_is_drawn() {
        let cells: Vec<Cell> = (0..500).map(|number| Cell::draw(1, number)).collect();
        for event in Event::ALL {
            assert!(cells.iter().any(|cell| cell.event == event), "{event:?}");
        }
        for store in StoreCondition::ALL {
            assert!(cells.iter().any(|cell| cell.store == store), "{store:?}");
        }
    }
}
