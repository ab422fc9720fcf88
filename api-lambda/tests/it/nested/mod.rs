//! Two circuits, one inside the other, come back together.
//!
//! The Retry Lambda asks the database through a circuit of its own, and the API
//! Lambda asks the Retry Lambda through another. Each of the two opens on failures,
//! and finds out by probes whether it can close; what the inner one refuses must not
//! make the outer one's probes fail, or each would keep the other open. The real
//! path is put in front of a [`model`] of the Retry Lambda that has the real inner
//! circuit, in paused time and with clocks that are as far apart as they may be.

mod model;

use std::{ops::RangeInclusive, sync::LazyLock, thread, time::Duration};

use self::model::{Outage, Run, Said, run};

/// Short and long ones; a database that refuses and one that hangs.
const OUTAGES: [Outage; 4] = [
    Outage {
        lasts: Duration::from_secs(8),
        hangs: false,
    },
    Outage {
        lasts: Duration::from_secs(33),
        hangs: false,
    },
    Outage {
        lasts: Duration::from_secs(150),
        hangs: false,
    },
    Outage {
        lasts: Duration::from_secs(40),
        hangs: true,
    },
];

const SEEDS: RangeInclusive<u64> = 1..=2;

/// In some of these the circuits disagree, and in others chance does not let them.
const MANY_SEEDS: RangeInclusive<u64> = 1..=6;

fn runs(outages: &[Outage], seeds: &RangeInclusive<u64>, said: Said) -> Vec<Run> {
    thread::scope(|scope| {
        let wanted = outages
            .iter()
            .flat_map(|outage| seeds.clone().map(move |seed| (outage, seed)));
        let runs: Vec<_> = wanted
            .map(|(outage, seed)| {
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_time()
                        .start_paused(true)
                        .build()
                        .unwrap();
                    runtime.block_on(run(*outage, said, seed))
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| runs(&OUTAGES, &SEEDS, Said::All));

/// How long after the end of trouble both circuits may take to close (decision 9).
const LONGEST: Duration = Duration::from_secs(10);

#[test]
fn the_outer_circuit_opens_in_every_outage_and_the_inner_one_in_long_ones() {
    for run in RUNS.iter() {
        assert!(run.openings("retry") > 0, "{run:?}");
        // Calls may end at the outer one before the inner one has seen enough.
        let long = run.outage.lasts > Duration::from_secs(30);
        assert!(run.openings("database") > 0 || !long, "{run:?}");
    }
}

#[test]
fn both_close_soon_after_any_outage_however_long() {
    for run in RUNS.iter() {
        for circuit in ["database", "retry"] {
            let closed = run.closed_after_the_end(circuit);
            let in_time = closed.is_some_and(|took| took <= LONGEST);
            assert!(in_time, "{circuit}: {run:?}");
        }
    }
}

#[test]
fn no_recovery_of_the_outer_circuit_fails_because_of_the_inner_one() {
    for run in RUNS.iter() {
        assert_eq!(run.recoveries_failed_in_vain(), 0, "{run:?}");
    }
}

#[test]
fn the_outer_circuit_waits_once_at_most_for_an_inner_one_that_has_opened() {
    for run in RUNS.iter() {
        assert!(run.postponed() <= run.openings("database"), "{run:?}");
    }
}

/// Or the model could not tell.
#[test]
fn if_the_inner_circuit_said_nothing_recoveries_would_fail_in_vain() {
    let in_vain = runs(&OUTAGES[1..], &MANY_SEEDS, Said::Nothing);
    let in_vain = in_vain.iter().map(Run::recoveries_failed_in_vain);
    assert!(in_vain.sum::<usize>() > 0);
}
