//! What happens in a run.

use super::timing::Timing;
use crate::{
    engine::LATENCY_SIGMA,
    judge::oracle::{Bar, Zone},
    random::{Draw, LogNormal},
    scenario::{Dependency, Exception, FleetChange, Scenario, Traffic},
};

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// Nothing but the usual errors.
    Steady,
    /// All calls fail, for 3 s to 15 min.
    Total,
    /// The failure rate steps to 30 to 80 %.
    Step,
    /// Some calls fail, others are slow.
    Mixed,
    /// Calls hang until their time-out of 1 to 30 s.
    Hanging,
    /// A third of the environments fails by itself.
    Third,
    /// The failure rate rises slowly.
    SlowRamp,
    /// All calls fail for 30 ms to 2 s, again and again.
    Blips,
    /// All calls fail for 5 s of every 10 s.
    Flapping,
    /// All calls fail when traffic drops to a tenth.
    Drop,
    /// All calls fail when traffic grows tenfold.
    Burst,
    /// Calls come in 2 s of every minute; then all fail.
    Cron,
    /// Traffic grows a hundredfold in 10 s, some calls failing or all.
    ScaleOut,
    /// Traffic falls to a hundredth in 10 s, some calls failing or all.
    ScaleIn,
    /// All calls fail, then 20 to 50 % of them, then the usual ones.
    PartialRecovery,
}

impl Event {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Steady,
        Self::Total,
        Self::Step,
        Self::Mixed,
        Self::Hanging,
        Self::Third,
        Self::SlowRamp,
        Self::Blips,
        Self::Flapping,
        Self::Drop,
        Self::Burst,
        Self::Cron,
        Self::ScaleOut,
        Self::ScaleIn,
        Self::PartialRecovery,
    ];

    /// Draws a kind. Those with many forms are drawn twice or thrice as often
    /// as the others.
    pub(super) fn draw(draw: &mut Draw) -> Self {
        let more = [Self::Total, Self::Step, Self::Step, Self::Mixed];
        let all = [&Self::ALL[..], &more].concat();
        draw.one_of(&all)
    }

    /// The name in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Total => "total",
            Self::Step => "step",
            Self::Mixed => "mixed",
            Self::Hanging => "hanging",
            Self::Third => "third",
            Self::SlowRamp => "slow ramp",
            Self::Blips => "blips",
            Self::Flapping => "flapping",
            Self::Drop => "drop",
            Self::Burst => "burst",
            Self::Cron => "cron",
            Self::ScaleOut => "scale-out",
            Self::ScaleIn => "scale-in",
            Self::PartialRecovery => "partial recovery",
        }
    }

    /// Makes the event happen in a scenario whose dependency is steady. Gives
    /// what happens in a few words.
    pub(super) fn happen(
        self,
        scenario: &mut Scenario,
        timing: &Timing,
        draw: &mut Draw,
    ) -> Happened {
        let mut stage = Stage {
            usual: scenario.dependency[0],
            begins: timing.begins,
            scenario,
            timing,
            draw,
        };
        let (detail, ends) = match self {
            Self::Steady => (String::new(), stage.steady()),
            Self::Total => stage.total(),
            Self::Step => stage.step(),
            Self::Mixed => stage.mixed(),
            Self::Hanging => stage.hanging(),
            Self::Third => stage.third(),
            Self::SlowRamp => stage.slow_ramp(),
            Self::Blips => stage.blips(),
            Self::Flapping => stage.flapping(),
            Self::Drop => stage.traffic_changes(0.1),
            Self::Burst => stage.traffic_changes(10.0),
            Self::Cron => stage.cron(),
            Self::ScaleOut => stage.scales([0.01, 1.0]),
            Self::ScaleIn => stage.scales([1.0, 0.01]),
            Self::PartialRecovery => stage.partial_recovery(),
        };
        Happened { detail, ends }
    }
}

/// What an event was in a run.
#[derive(Debug)]
pub(super) struct Happened {
    /// In a few words, beyond its kind.
    pub(super) detail: String,
    /// When it was over, in seconds.
    pub(super) ends: f64,
}

/// How long shares between the thresholds are looked at.
const LONG_S: f64 = 1_800.0;

/// A scenario in the making.
struct Stage<'a> {
    scenario: &'a mut Scenario,
    usual: Dependency,
    timing: &'a Timing,
    draw: &'a mut Draw,
    /// When the event begins, in seconds.
    begins: f64,
}

impl Stage<'_> {
    /// From a moment on so many calls fail.
    fn fails_from(&mut self, at_s: f64, rate: f64) {
        let failure_rate = rate.max(self.usual.failure_rate);
        self.scenario.dependency.push(Dependency {
            at_s,
            failure_rate,
            ..self.usual
        });
    }

    /// From a moment on so many calls take longer than their callers wait, or
    /// than the policy likes.
    fn is_slow_from(&mut self, at_s: f64, share: f64, failure_rate: f64) {
        let slow_ms = self.scenario.slow_from_ms();
        self.scenario.dependency.push(Dependency {
            at_s,
            failure_rate,
            latency_ms: LogNormal::new(LATENCY_SIGMA).median_for(slow_ms, share),
            ..self.usual
        });
    }

    fn is_well_from(&mut self, at_s: f64) {
        self.scenario
            .dependency
            .push(Dependency { at_s, ..self.usual });
    }

    /// A share of calls is bad for a time; gives the end.
    fn fails_for(&mut self, seconds: f64, rate: f64) -> f64 {
        let ends = self.begins + seconds;
        self.fails_from(self.begins, rate);
        self.is_well_from(ends);
        ends
    }

    /// How long a share of bad calls is looked at: long, if it lies between
    /// the thresholds.
    fn length_for(&mut self, share: f64) -> f64 {
        if Bar::of(self.scenario).zone(share) == Zone::Between {
            self.timing.at_most(LONG_S)
        } else {
            self.timing.usual(self.draw)
        }
    }

    fn steady(&mut self) -> f64 {
        self.begins + self.timing.at_most(180.0)
    }

    fn total(&mut self) -> (String, f64) {
        let lasts = self
            .draw
            .one_of(&[3.0, 10.0, 20.0, 40.0, 90.0, 300.0, 900.0]);
        let lasts = self.timing.at_most(lasts);
        (format!("for {lasts:.0} s"), self.fails_for(lasts, 1.0))
    }

    fn step(&mut self) -> (String, f64) {
        let rates = [0.30, 0.35, 0.38, 0.40, 0.45, 0.50, 0.55, 0.60, 0.80];
        let rate = self.draw.one_of(&rates);
        let lasts = self.length_for(rate);
        (
            format!("to {:.0} %", rate * 100.0),
            self.fails_for(lasts, rate),
        )
    }

    fn mixed(&mut self) -> (String, f64) {
        // Shares of all calls: those that fail are not slow.
        let (failing, slow) = self
            .draw
            .one_of(&[(0.4, 0.4), (0.2, 0.4), (0.2, 0.2), (0.4, 0.2)]);
        let lasts = self.length_for(failing + slow);
        let ends = self.begins + lasts;
        let failure_rate = (failing / (1.0 - slow)).max(self.usual.failure_rate);
        self.is_slow_from(self.begins, slow, failure_rate);
        self.is_well_from(ends);
        let detail = format!("{:.0} % fail, {:.0} % slow", failing * 100.0, slow * 100.0);
        (detail, ends)
    }

    fn hanging(&mut self) -> (String, f64) {
        let timeout_s = self.draw.one_of(&[1.0, 10.0, 30.0]);
        self.scenario.fleet.timeout_ms = timeout_s * 1e3;
        let usual = self.timing.usual(self.draw);
        let ends = self.begins + self.timing.at_most(usual.max(3.0 * timeout_s));
        self.scenario.dependency.push(Dependency {
            at_s: self.begins,
            latency_ms: 20.0 * timeout_s * 1e3,
            ..self.usual
        });
        self.is_well_from(ends);
        (format!("{timeout_s:.0} s"), ends)
    }

    fn third(&mut self) -> (String, f64) {
        let ends = self.begins + self.timing.usual(self.draw);
        let count = self.scenario.fleet.environments / 3;
        if count > 0 {
            self.scenario.environments.push(Exception {
                count,
                failure_rate: 1.0,
                traffic: 1.0,
                from_s: Some(self.begins),
                until_s: Some(ends),
            });
        }
        (format!("{count} environments"), ends)
    }

    fn slow_ramp(&mut self) -> (String, f64) {
        const STEPS: u32 = 20;
        let lasts = self.timing.at_most(self.draw.of_magnitude(30.0, 600.0));
        let top = self.draw.one_of(&[0.38, 0.8, 1.0]);
        for step in 1..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            let at_s = self.begins + lasts * f64::from(step - 1) / f64::from(STEPS);
            self.fails_from(at_s, top * part);
        }
        let ends = self.begins + lasts + self.timing.at_most(30.0);
        self.is_well_from(ends);
        (format!("to {:.0} % in {lasts:.0} s", top * 100.0), ends)
    }

    fn blips(&mut self) -> (String, f64) {
        let lasts = self.draw.of_magnitude(0.03, 2.0);
        let ends = self.begins + self.timing.at_most(300.0);
        let mut at_s = self.begins;
        while at_s < ends {
            self.fails_from(at_s, 1.0);
            self.is_well_from(at_s + lasts);
            at_s += self.draw.between(25.0, 60.0);
        }
        (format!("of {:.0} ms", lasts * 1e3), ends)
    }

    fn flapping(&mut self) -> (String, f64) {
        let lasts = self.timing.at_most(120.0);
        let mut at_s = self.begins;
        while at_s < self.begins + lasts {
            self.fails_from(at_s, 1.0);
            self.is_well_from(at_s + 5.0);
            at_s += 10.0;
        }
        (String::new(), at_s - 5.0)
    }

    /// Traffic changes up to 5 s before or after the outage begins; it is
    /// usual at the higher of both levels.
    fn traffic_changes(&mut self, factor: f64) -> (String, f64) {
        let ends = {
            let lasts = self.timing.usual(self.draw);
            self.fails_for(lasts, 1.0)
        };
        let before = 1.0 / factor.max(1.0);
        let offset = self.draw.between(-5.0, 5.0);
        self.traffic_from(-self.scenario.fleet.warm_up_s, before);
        self.traffic_from(self.begins + offset, before * factor);
        (format!("{offset:+.1} s"), ends)
    }

    fn traffic_from(&mut self, at_s: f64, factor: f64) {
        self.scenario.traffic.push(Traffic { at_s, factor });
    }

    fn cron(&mut self) -> (String, f64) {
        // All bursts of a minute together are what the fleet has otherwise.
        let busiest = super::cell::MOST_CALLS_PER_S;
        let factor = (busiest / self.scenario.fleet.calls_per_second).clamp(1.0, 30.0);
        let lasts = self.timing.at_most(self.draw.between(120.0, 600.0));
        let ends = self.fails_for(lasts, 1.0);
        let phase = self.draw.between(0.0, 60.0);
        let mut at_s = phase - 60.0 - self.scenario.fleet.warm_up_s;
        while at_s < self.timing.end(ends) {
            self.traffic_from(at_s, factor);
            self.traffic_from(at_s + 2.0, 0.0);
            at_s += 60.0;
        }
        (format!("× {factor:.0}"), ends)
    }

    /// Traffic and environments go from one part of the usual ones to another in
    /// 10 s.
    fn scales(&mut self, [from, to]: [f64; 2]) -> (String, f64) {
        const STEPS: u32 = 10;
        const CALLS_OF_A_SMALL_FLEET: f64 = 30.0;
        let rate = self.draw.one_of(&[0.0, 0.1, 1.0]);
        let lasts = self.timing.usual(self.draw);
        let ends = self.fails_for(lasts, rate);
        let largest = f64::from(self.scenario.fleet.environments);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most as many as there were"
        )]
        let size = |part: f64| (largest * part).ceil() as u32;
        self.scenario.fleet.environments = size(from);
        self.traffic_from(-self.scenario.fleet.warm_up_s, from);
        for step in 1..=STEPS {
            let part = from + (to - from) * f64::from(step) / f64::from(STEPS);
            let at_s = self.begins - 2.0 + f64::from(step);
            self.traffic_from(at_s, part);
            self.scenario.fleet.changes.push(FleetChange {
                at_s,
                environments: size(part),
            });
        }
        // A fleet that has become small needs time to find the way back.
        let ends = ends + self.timing.time_of(CALLS_OF_A_SMALL_FLEET, to).min(3_600.0);
        (format!("{:.0} % fail", rate * 100.0), ends)
    }

    fn partial_recovery(&mut self) -> (String, f64) {
        let rate = self.draw.one_of(&[0.5, 0.4, 0.2]);
        let outage = self.draw.one_of(&[10.0, 40.0, 90.0]);
        let half = self.begins + self.timing.at_most(outage);
        let ends = half + self.length_for(rate);
        self.fails_from(self.begins, 1.0);
        self.fails_from(half, rate);
        self.is_well_from(ends);
        (
            format!("to {:.0} % after {outage:.0} s", rate * 100.0),
            ends,
        )
    }
}
