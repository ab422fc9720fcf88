//! What outages, blips and lonely failures do to processes of any number that
//! are as busy as containers are.

use std::{sync::Arc, time::Duration};

use breaker_core::{
    Breaker, Clock, Epoch, MemoryStore, Outcome, Policy, Record, RejectionReason, State,
    StateStore, Timestamp, member::Seeded, protocol::TRAFFIC_SLOT, store::Consistency,
    time::ManualClock,
};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

use crate::support::{START, name};

type Process = Breaker<Arc<MemoryStore>, Arc<ManualClock>>;

/// Processes that share a circuit, and make so many calls a second each.
struct Busy {
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
    processes: Vec<Process>,
    calls_per_s: u64,
    elapsed_ms: u64,
}

/// What became of calls.
#[derive(Debug, Default)]
struct Fate {
    made: u64,
    refused: Vec<RejectionReason>,
}

impl Fate {
    fn add(&mut self, other: Self) {
        self.made += other.made;
        self.refused.extend(other.refused);
    }

    fn refused(&self) -> u32 {
        self.refused.len().try_into().unwrap()
    }

    fn refused_locally(&self) -> usize {
        let locally = |reason: &&RejectionReason| **reason == RejectionReason::LocalBreakerOpen;
        self.refused.iter().filter(locally).count()
    }
}

impl Busy {
    fn new(processes: u64, calls_per_s: u64, seed: u64) -> Self {
        let clock = Arc::new(ManualClock::starting_at(
            START + Duration::from_millis(seed % 60_000),
        ));
        let store = Arc::new(MemoryStore::new());
        let process = |number| {
            Breaker::builder(name("orders"), Policy::default(), Arc::clone(&store))
                .clock(Arc::clone(&clock))
                .entropy(Seeded::new(seed.wrapping_mul(1_000) + number))
                .build()
                .unwrap()
        };
        Self {
            processes: (0..processes).map(process).collect(),
            clock,
            store,
            calls_per_s,
            elapsed_ms: 0,
        }
    }

    /// How many calls a process begins in this millisecond.
    fn due(&self, process: usize) -> u64 {
        // Not all at the same time.
        let begun = |ms: u64| (ms * self.calls_per_s + 97 * process as u64) / 1_000;
        begun(self.elapsed_ms + 1) - begun(self.elapsed_ms)
    }

    /// A millisecond passes; gives what became of the calls of each process.
    async fn tick(&mut self, mut outcome: impl FnMut(usize) -> Outcome) -> Vec<Fate> {
        let mut fates = Vec::new();
        for (number, process) in self.processes.iter().enumerate() {
            let mut fate = Fate::default();
            for _ in 0..self.due(number) {
                match process.admit().await {
                    Ok(permit) => {
                        fate.made += 1;
                        process.record(permit, outcome(number)).await;
                    }
                    Err(rejection) => fate.refused.push(rejection.reason),
                }
            }
            fates.push(fate);
        }
        self.elapsed_ms += 1;
        self.clock.advance(Duration::from_millis(1));
        fates
    }

    /// So many milliseconds pass; gives what became of all calls.
    async fn live(&mut self, ms: u64, mut outcome: impl FnMut(usize) -> Outcome) -> Fate {
        let mut fate = Fate::default();
        for _ in 0..ms {
            let fates = self.tick(&mut outcome).await;
            for other in fates {
                fate.add(other);
            }
        }
        fate
    }

    async fn is_well(&mut self, ms: u64) -> Fate {
        self.live(ms, |_| Outcome::Success).await
    }

    async fn record(&self) -> Record {
        let found = self.store.load(&name("orders"), Consistency::Strong).await;
        found.unwrap()
    }
}

/// Runs a rule for some conditions. Each makes up to a million calls, so there
/// are few unless `PROPTEST_CASES` asks for more.
fn always<S: Strategy>(conditions: S, rule: impl AsyncFn(S::Value)) {
    // Always the same conditions: whoever wants others asks for more.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 8;
    }
    config.failure_persistence = None;
    config.max_shrink_iters = 20;
    let mut runner = TestRunner::new_with_rng(config, rng);
    let run = runner.run(&conditions, |conditions| {
        runtime.block_on(rule(conditions));
        Ok(())
    });
    run.unwrap();
}

/// Of all calls some fail, whether or not there is an outage.
fn background(percent: u8, seed: u64) -> impl FnMut(usize) -> Outcome {
    let mut random = fastrand::Rng::with_seed(seed);
    move |_| {
        if random.u8(..100) < percent {
            Outcome::Failure
        } else {
            Outcome::Success
        }
    }
}

fn errors() -> impl Strategy<Value = u8> {
    prop_oneof![Just(0), Just(5), Just(20)]
}

/// Processes, calls a second of each, how long all has been well, and a seed.
fn busy() -> impl Strategy<Value = (u64, u64, u64, u64)> {
    (
        1_u64..=8,
        50_u64..=1_000,
        0_u64..60_000,
        any::<u32>().prop_map(u64::from),
    )
}

#[test]
fn a_total_outage_of_busy_processes_opens_the_circuit_before_any_of_them_stops_itself() {
    let conditions = (busy(), errors());
    let rule = async |((processes, calls_per_s, well_ms, seed), percent)| {
        let mut fleet = Busy::new(processes, calls_per_s, seed);
        let usual = background(percent, seed);
        assert_eq!(fleet.live(well_ms, usual).await.refused, []);
        let mut fate = Fate::default();
        let mut ms = 0;
        while fleet.record().await.epoch == Epoch(0) {
            fate.add(fleet.live(1, |_| Outcome::Failure).await);
            ms += 1;
            // Amid errors few calls are told until something speaks for an outage.
            let longest = if percent == 0 { 2_000 } else { 3_500 };
            assert!(ms <= longest, "it does not open: {}", fate.made);
        }
        // Others may have met the open circuit in that very millisecond.
        assert_eq!(fate.refused_locally(), 0);
        let record = fleet.record().await;
        assert_eq!(record.state(fleet.clock.now()), State::Open);
        let trail = fleet.processes[0].events(Epoch(0), 10).await.unwrap();
        let states: Vec<State> = trail.iter().map(|event| event.to).collect();
        assert_eq!(states, [State::Open]);
        // Everybody hears of it, and nobody has a reason of its own.
        let fate = fleet.live(10_000, |_| Outcome::Failure).await;
        assert_eq!(fate.refused_locally(), 0);
    };
    always(conditions, rule);
}

#[test]
fn calls_that_fail_together_cost_less_than_a_fifth_of_a_second() {
    let conditions = (busy(), errors(), prop::bool::ANY);
    always(
        conditions,
        async |((processes, calls_per_s, well_ms, seed), percent, in_flight)| {
            let mut fleet = Busy::new(processes, calls_per_s, seed);
            let mut usual = background(percent, seed);
            fleet.live(well_ms, &mut usual).await;
            if in_flight {
                // A pool of connections is reset.
                let process = fleet.processes[0].clone();
                let mut permits = Vec::new();
                for _ in 0..64 {
                    permits.push(process.admit().await.unwrap());
                }
                fleet.live(20, &mut usual).await;
                for permit in permits {
                    process.record(permit, Outcome::Failure).await;
                }
            } else {
                fleet.live(40, |_| Outcome::Failure).await;
            }
            let fate = fleet.live(30_000, &mut usual).await;
            let cost_ms = u64::from(fate.refused()) * 1_000 / (processes * calls_per_s);
            assert!(cost_ms < 200, "{cost_ms} ms of refusals");
        },
    );
}

/// Whoever made calls last may have left a suspicion behind.
#[test]
fn calls_that_fail_together_after_a_silence_open_nothing_either() {
    let silence = 130_u64..3_600;
    always(
        (busy(), silence),
        async |((processes, calls_per_s, well_ms, seed), silence_s)| {
            let mut fleet = Busy::new(processes, calls_per_s, seed);
            fleet.is_well(well_ms).await;
            let mut number = 0;
            let mut next = |_| {
                number += 1;
                // Of five processes it is not the same one each time.
                of_five(number + number / 5, &[0], &[])
            };
            let mut ms = 0;
            while fleet.record().await.suspected().is_none() {
                fleet.tick(&mut next).await;
                ms += 1;
                assert!(ms < 3_000, "it suspects nothing");
            }
            fleet.clock.advance(Duration::from_secs(silence_s));
            let fate = fleet.live(100, |_| Outcome::Failure).await;
            assert_eq!(fate.refused, []);
            assert_eq!(fleet.is_well(10_000).await.refused, []);
        },
    );
}

fn of_five(number: u64, failed: &[u64], slow: &[u64]) -> Outcome {
    let number = number % 5;
    if failed.contains(&number) {
        Outcome::Failure
    } else if slow.contains(&number) {
        Outcome::Slow
    } else {
        Outcome::Success
    }
}

#[test]
fn failed_and_slow_calls_that_are_too_many_together_open_the_circuit() {
    let conditions = (1_u64..=4, 10_u64..=100, any::<u32>().prop_map(u64::from));
    always(conditions, async |(processes, calls_per_s, seed)| {
        let opens = async |failed: &[u64], slow: &[u64]| {
            let mut fleet = Busy::new(processes, calls_per_s, seed);
            fleet.is_well(60_000).await;
            let mut number = 0;
            let mut ms = 0;
            while fleet.record().await.epoch == Epoch(0) && ms < 20_000 {
                let next = |_| {
                    number += 1;
                    of_five(number, failed, slow)
                };
                fleet.tick(next).await;
                ms += 1;
            }
            (fleet.record().await.cause, number)
        };
        let (cause, calls) = opens(&[0, 2], &[1, 3]).await;
        let cause = cause.expect("80 % of all calls are bad");
        assert!(cause.ends_with("failed or were too slow"), "{cause}");
        // Alarms take a slot and an outage fills three; meanwhile few calls are
        // told, and what is missing counts as successes.
        let most = 4 * processes * calls_per_s + 100;
        assert!(calls <= most, "after {calls} calls");
        assert_eq!(opens(&[0, 2], &[]).await.0, None, "40 % failed");
        assert_eq!(opens(&[], &[1, 3]).await.0, None, "40 % were slow");
    });
}

#[test]
fn a_fresh_process_on_a_fresh_store_lets_failing_calls_pass_for_little_more_than_a_second() {
    always(any::<u32>(), async |seed| {
        let mut fleet = Busy::new(1, 1_000, seed.into());
        let mut made = 0;
        while fleet.record().await.epoch == Epoch(0) {
            made += fleet.live(1, |_| Outcome::Failure).await.made;
            assert!(made <= 1_200, "it does not open");
        }
        assert_eq!(fleet.live(100, |_| Outcome::Failure).await.made, 0);
    });
}

#[test]
fn a_process_that_fails_alone_stops_itself_and_the_circuit_stays_closed() {
    let processes = prop_oneof![3_u64..10, 10_u64..=50];
    let conditions = (processes, 5_u64..=200, any::<u32>().prop_map(u64::from));
    always(conditions, async |(processes, calls_per_s, seed)| {
        let mut fleet = Busy::new(processes, calls_per_s, seed);
        fleet.is_well(60_000).await;
        let broken = |process| match process {
            0 => Outcome::Failure,
            _ => Outcome::Success,
        };
        let (mut made, mut ms) = (0, 0);
        let stopped = loop {
            let fates = fleet.tick(broken).await;
            assert!(fates[1..].iter().all(|well| well.refused.is_empty()));
            made += fates[0].made;
            ms += 1;
            if let Some(reason) = fates[0].refused.first() {
                break *reason;
            }
            assert!(ms < 60_000, "it never stops itself");
        };
        assert_eq!(stopped, RejectionReason::LocalBreakerOpen);
        assert!(made >= 30 && ms >= 5_000, "{made} calls in {ms} ms");
        // Where it is a third of all, it must wait until the others have heard of
        // the suspicion and outweigh what it alone told before.
        let refresh_ms = 7_700;
        let latest = 5_000.max(30_000 / calls_per_s) + 2 * refresh_ms;
        assert!(ms <= latest, "{made} calls in {ms} ms");
        let fate = fleet.live(30_000, broken).await;
        assert_eq!(fate.refused_locally(), fate.refused.len());
        assert_eq!(fleet.record().await.epoch, Epoch(0));
    });
}

/// Heartbeats tell of calls up to a refresh interval late, and by chance: one
/// reading may be off by more, but not what a dashboard shows of a minute.
#[test]
fn the_record_tells_how_many_calls_an_open_circuit_refuses() {
    always(busy(), async |(processes, calls_per_s, well_ms, seed)| {
        let mut fleet = Busy::new(processes, calls_per_s, seed);
        // A fleet that has just started does not know its size.
        fleet.is_well(60_000 + well_ms).await;
        let fails = |_| Outcome::Failure;
        // How many were refused up to each millisecond.
        let began = fleet.clock.now();
        let mut refused = vec![0.0];
        let (mut told, mut truth) = (0.0, 0.0);
        for ms in 1..=91_000 {
            let before = refused[refused.len() - 1];
            let now = fleet.live(1, fails).await.refused();
            refused.push(before + f64::from(now));
            if ms > 31_000 && ms % 1_000 == 0 {
                let (record, now) = (fleet.record().await, fleet.clock.now());
                told += record.traffic.fleet_size(now).unwrap().refused_per_s;
                truth += refused_per_s(&refused, began, now);
            }
        }
        assert!((0.7..=1.3).contains(&(told / truth)), "{told} of {truth}");
    });
}

/// Over this slot of traffic and the one before.
fn refused_per_s(refused: &[f64], began: Timestamp, now: Timestamp) -> f64 {
    let slot = u64::try_from(TRAFFIC_SLOT.as_millis()).unwrap();
    let from = Timestamp::from_unix_ms((now.as_unix_ms() / slot - 1) * slot);
    let at = |moment: Timestamp| refused[moment.since(began).as_millis() as usize];
    (at(now) - at(from)) / now.since(from).as_secs_f64()
}
