//! The simulation itself: one fleet, one dependency, one store, by events.
//!
//! Each environment runs a [`Process`], which decides. The engine is what
//! drives it in production: it makes the calls, performs requests against the
//! [`Store`], and tells the time by the environment's own clock. As in
//! production, a response waits for the request that runs beside its call and
//! for the report of its outcome, so an environment never has anything under
//! way between calls and may sleep then.

mod calls;
mod conditions;
mod environments;
mod fleet;
mod queue;
mod requests;
mod slab;

pub(crate) use self::conditions::LATENCY_SIGMA;

use breaker_core::Timestamp;
use fastrand::Rng;

use self::{
    calls::Call,
    conditions::{Arrivals, Dependency, Timeline},
    environments::Occupancy,
    fleet::Change,
    queue::{Happening, Queue},
    requests::Trip,
    slab::{Key, Slab},
};
use crate::{
    figures::Figures,
    ledger::{Ledger, Terms},
    process::{Instruction, Process},
    random::{Stream, mixed, stream},
    scenario::Scenario,
    store::{Served, Store},
    trace::Trace,
    units::{Micros, micros_of, micros_of_ms, micros_of_s, moment},
    watch::{Audience, Moment, Watch, Who},
};

/// What a clock that is right shows when the warm-up begins, but for up to
/// [`PHASES_MS`]: slots of time must not begin together with scenarios.
const EPOCH_MS: u64 = 1_750_000_000_000;
const PHASES_MS: u64 = 60_000;

/// One run.
pub(crate) struct Engine<'a, P: Process> {
    rules: &'a P::Rules,
    now: Micros,
    /// When the run ends.
    end: Micros,
    queue: Queue,
    arrivals: Arrivals,
    dependency: Dependency,
    overrides: Timeline<Instruction>,
    changes: Timeline<Change>,
    /// The most that an environment differs in traffic, if any does.
    most_traffic: Option<f64>,
    environments: Vec<Environment<P>>,
    occupancy: Occupancy,
    calls: Slab<Call<P>>,
    trips: Slab<Trip<P>>,
    store: Store<P::Record>,
    ledger: Ledger,
    audience: Audience<'a, P>,
    settings: Settings,
    placement: Rng,
    seeds: Rng,
    skews: Rng,
    crashes: Rng,
}

/// What the engine looks up all the time.
#[derive(Debug, Clone, Copy)]
struct Settings {
    call_timeout: Micros,
    store_timeout: Micros,
    crash_rate: f64,
    /// From then on no environment vanishes.
    calm_from: Micros,
    skew_ms: u64,
    epoch_ms: u64,
}

/// One execution environment.
struct Environment<P: Process> {
    process: P,
    /// What its clock shows at the beginning of simulated time.
    epoch_ms: u64,
    /// Whether a call is asking the store on behalf of all that wait.
    asking: bool,
    /// Calls that wait for their turn to ask.
    waiting: Vec<Key>,
}

impl<'a, P: Process> Engine<'a, P> {
    pub(crate) fn new(scenario: &Scenario, rules: &'a P::Rules, seed: u64) -> Self {
        let fleet = &scenario.fleet;
        let start = micros_of_s(fleet.warm_up_s);
        let duration = micros_of_s(scenario.duration_s);
        let ends = |fault: &crate::scenario::Fault| moment(start, fault.at_s + fault.for_s);
        let terms = Terms {
            start,
            window: micros_of(scenario.policy.window),
            ramp: micros_of(P::ramp(rules)),
            environments: fleet.most_environments(),
            store_back: scenario.store.faults.iter().map(ends).max(),
        };
        let mut skews = stream(seed, Stream::Skew);
        let settings = Settings {
            call_timeout: micros_of_ms(fleet.timeout_ms),
            store_timeout: micros_of(P::store_timeout(rules)),
            crash_rate: fleet.crash_rate,
            calm_from: scenario.calm_from(),
            skew_ms: micros_of_s(fleet.clock_skew_ms / 1e6),
            epoch_ms: EPOCH_MS + skews.u64(..PHASES_MS),
        };
        let dependency = Dependency::of(scenario, start, seed);
        let mut engine = Self {
            rules,
            now: 0,
            end: start + duration,
            queue: Queue::default(),
            arrivals: Arrivals::of(scenario, start, seed),
            most_traffic: dependency.most_traffic(),
            dependency,
            overrides: Timeline::of_overrides(scenario, start),
            changes: Timeline::of_changes(scenario, start),
            environments: Vec::with_capacity(fleet.environments as usize),
            occupancy: Occupancy::all_idle(fleet.environments),
            calls: Slab::default(),
            trips: Slab::default(),
            store: Store::new(&scenario.store, start, scenario.calm_from(), seed),
            ledger: Ledger::new(terms, duration),
            audience: Audience(None),
            settings,
            placement: stream(seed, Stream::Placement),
            seeds: Rng::with_seed(mixed(seed, Stream::Breaker as u64)),
            skews,
            crashes: stream(seed, Stream::Crash),
        };
        for _ in 0..fleet.environments {
            let environment = engine.cold_start();
            engine.environments.push(environment);
        }
        engine
    }

    /// Keeps every call in the trace: 16 bytes each.
    pub(crate) fn keeping_calls(mut self) -> Self {
        self.ledger.keep_calls();
        self
    }

    /// Shows somebody every step.
    pub(crate) fn watched_by(mut self, watch: &'a mut dyn Watch<P>) -> Self {
        self.audience = Audience(Some(watch));
        self
    }

    fn cold_start(&mut self) -> Environment<P> {
        let skew_ms = self.skews.u64(..=2 * self.settings.skew_ms);
        Environment {
            process: P::start(self.rules, self.seeds.u64(..)),
            epoch_ms: self.settings.epoch_ms + skew_ms - self.settings.skew_ms,
            asking: false,
            waiting: Vec::new(),
        }
    }

    /// What an environment's own clock shows.
    fn clock(&self, environment: u32) -> Timestamp {
        let epoch_ms = self.environments[environment as usize].epoch_ms;
        Timestamp::from_unix_ms(epoch_ms + self.now / 1_000)
    }

    fn who(&self, environment: u32) -> Who {
        Who {
            environment,
            clock: self.clock(environment),
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            at: self.now,
            right: Timestamp::from_unix_ms(self.settings.epoch_ms + self.now / 1_000),
        }
    }

    pub(crate) fn run(mut self) -> (Figures, Trace) {
        let mut arrival = self.arrivals.next();
        loop {
            let event = self.queue.next_at().unwrap_or(Micros::MAX);
            let change = self.dependency.next_change().unwrap_or(Micros::MAX);
            let placed = self.overrides.next_at().unwrap_or(Micros::MAX);
            let scaled = self.changes.next_at().unwrap_or(Micros::MAX);
            let next = arrival.min(event).min(change).min(placed).min(scaled);
            if next >= self.end {
                break;
            }
            self.now = next;
            if next == change {
                self.change_dependency();
            } else if next == placed {
                self.operator_overrides();
            } else if next == scaled {
                self.change_fleet();
            } else if next == event {
                self.handle_event();
            } else {
                self.call_arrives();
                arrival = self.arrivals.next();
            }
        }
        self.ledger.close()
    }

    fn change_dependency(&mut self) {
        if let Some((at, health)) = self.dependency.change() {
            self.ledger.dependency_is(health.is_bad, at);
        }
    }

    fn operator_overrides(&mut self) {
        let moment = self.moment();
        let Some(placed) = self.overrides.take() else {
            return;
        };
        let Some(operation) = P::placed(self.store.current(), placed, moment.right) else {
            return;
        };
        let before = self.store.current().clone();
        let Served { cost, .. } = self.store.serve::<P>(&operation, moment.right, self.now);
        self.note_write(cost);
        self.audience
            .see_override(moment, &before, self.store.current());
    }

    fn handle_event(&mut self) {
        let Some((_, what, key)) = self.queue.pop() else {
            return;
        };
        match what {
            Happening::CallEnds => self.call_ends(key),
            Happening::EnvironmentVanishes => self.environment_vanishes(key),
            Happening::RequestArrives => self.request_arrives(key),
            Happening::AnswerArrives => self.answer_arrives(key),
            Happening::RequestIsRepeated => self.send(key),
        }
    }
}
