//! Calls that hang, calls that are dropped, and clocks that are set meanwhile.

use std::{future::Future, sync::Arc, time::Duration};

use breaker_core::{
    Breaker, Clock, Epoch, MemoryStore, Outcome, Policy, Record, State, StateStore,
    member::Seeded,
    store::Consistency,
    time::{ManualClock, Timestamp},
};

use crate::support::{START, name};

type Process = Breaker<Arc<MemoryStore>, Arc<ManualClock>>;

const HOUR: Duration = Duration::from_hours(1);

fn process(store: &Arc<MemoryStore>, seed: u64) -> (Process, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::starting_at(START));
    let process = Breaker::builder(name("orders"), Policy::default(), Arc::clone(store))
        .clock(Arc::clone(&clock))
        .entropy(Seeded::new(seed))
        .build()
        .unwrap();
    (process, clock)
}

async fn record(store: &MemoryStore) -> Record {
    let found = store.load(&name("orders"), Consistency::Strong).await;
    found.unwrap()
}

/// A call begins, and goes on by itself.
fn begin(
    process: &Process,
    call: impl Future<Output = Result<(), ()>> + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    let process = process.clone();
    tokio::spawn(async move { drop(process.call(call, Outcome::from_result).await) })
}

/// Both clocks move on, and every task has its turn.
async fn pass(clock: &ManualClock, time: Duration) {
    clock.advance(time);
    tokio::time::advance(time).await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_hang_open_the_circuit_before_they_time_out() {
    for (every_ms, at_most_s) in [(10, 8), (50, 8), (200, 12), (2_000, 20)] {
        let store = Arc::new(MemoryStore::new());
        let (process, clock) = process(&store, every_ms);
        let every = Duration::from_millis(every_ms);
        for _ in 0..60_000 / every_ms {
            begin(&process, async { Ok(()) });
            pass(&clock, every).await;
        }
        assert_eq!(record(&store).await.epoch, Epoch(0));
        let began = clock.now();
        while record(&store).await.epoch == Epoch(0) {
            begin(&process, async {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Err(())
            });
            pass(&clock, every).await;
            let took = clock.now().since(began);
            let at_most = Duration::from_secs(at_most_s);
            assert!(took <= at_most, "a call in {every:?}: not open in {took:?}");
        }
        let cause = record(&store).await.cause.unwrap();
        assert!(cause.contains("slow"), "{cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_before_they_are_slow_are_no_evidence() {
    let store = Arc::new(MemoryStore::new());
    let (process, clock) = process(&store, 1);
    let every = Duration::from_millis(50);
    let mut under_way = std::collections::VecDeque::new();
    for _ in 0..1_000 {
        under_way.push_back(begin(&process, std::future::pending()));
        if under_way.len() > 50 {
            under_way.pop_front().unwrap().abort();
        }
        pass(&clock, every).await;
    }
    for call in under_way {
        call.abort();
    }
    for _ in 0..1_000 {
        begin(&process, async { Ok(()) });
        pass(&clock, every).await;
    }
    let record = record(&store).await;
    assert_eq!(record.epoch, Epoch(0));
    assert_eq!(record.suspected(), None);
    assert!(record.evidence.0.is_empty(), "{:?}", record.evidence);
}

/// Of two processes the clock of one is set in the middle of calls, with a tenth
/// of them failing, so that there is evidence by both clocks.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_in_the_middle_of_calls_opens_nothing() {
    let set = |at: Timestamp| {
        [
            at + HOUR,
            Timestamp::from_unix_ms(at.as_unix_ms() - 3_600_000),
        ]
    };
    for which in 0..2 {
        let store = Arc::new(MemoryStore::new());
        let processes = [process(&store, 1), process(&store, 2)];
        for number in 0..6_000_u64 {
            for (process, _) in &processes {
                let failed = number % 10 == 3;
                begin(process, async move {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if failed { Err(()) } else { Ok(()) }
                });
            }
            if number == 3_000 {
                let clock = &processes[0].1;
                clock.set(set(clock.now())[which]);
            }
            processes[1].1.advance(Duration::from_millis(20));
            pass(&processes[0].1, Duration::from_millis(20)).await;
        }
        let record = record(&store).await;
        assert_eq!(record.epoch, Epoch(0), "{:?}", record.cause);
        let total = record.evidence.0.values();
        assert_eq!(total.map(|counts| counts.slow).sum::<u64>(), 0);
        for (process, clock) in &processes {
            assert_eq!(process.known().record.state(clock.now()), State::Closed);
            assert!(process.admit().await.is_ok());
        }
    }
}
