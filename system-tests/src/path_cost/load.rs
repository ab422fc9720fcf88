//! Callers that each keep one request under way.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::caller::{Caller, Invocation};
use super::fleet::Fleet;
use super::relay::Relay;
use super::sample::{Counts, Figures};
use super::subject::Subject;
use super::surroundings::{Relays, Surroundings};
use crate::waiting::Stopwatch;

/// What each caller asks for before anything is measured: connections are made, the
/// circuits are known, entries lie in the cache.
const WARM_UP: usize = 100;

/// What is asked for while it is counted.
const COUNTED: usize = 500;

/// What share of the answers may have come about another way, besides one: an entry of the cache that was no
/// longer fresh, or that still was.
const STRAYS: f64 = 0.02;

/// Callers of a fleet, warmed up.
pub(super) struct Load {
    subject: Subject,
    callers: Vec<Turns>,
}

/// A caller, and what it asks for in turn.
struct Turns {
    caller: Caller,
    invocations: Vec<Invocation>,
    /// How many it has made.
    made: usize,
}

impl Turns {
    fn next(&mut self) -> Result<(Duration, &str)> {
        let invocation = &self.invocations[self.made % self.invocations.len()];
        self.made += 1;
        self.caller.call(invocation)
    }
}

/// What the callers of a load were answered.
#[derive(Default)]
struct Answers {
    took: Vec<Duration>,
    strays: usize,
}

impl Load {
    /// As many callers as `items` has parts; each asks for its own items.
    ///
    /// # Errors
    /// When the functions do not answer.
    pub(super) fn begin(
        surroundings: &Surroundings,
        subject: Subject,
        fleet: &Fleet,
        items: &[Vec<String>],
    ) -> Result<Self> {
        let mut callers = Vec::new();
        for items in items {
            let events = items.iter().take(subject.items());
            let events = events.map(|item| subject.event(item));
            let invocations = events.map(|event| Invocation::of(&fleet.function, &event));
            callers.push(Turns {
                caller: Caller::connect(&surroundings.runtime)?,
                invocations: invocations.collect(),
                made: 0,
            });
        }
        let mut load = Self { subject, callers };
        let warm = load.run(|number| number < WARM_UP);
        let size = items.len();
        warm.with_context(|| format!("warming up {subject:?} with {size} callers"))?;
        Ok(load)
    }

    /// Asks for so long.
    ///
    /// # Errors
    /// When the functions do not answer, or otherwise than they are to.
    pub(super) fn measure(&mut self, fleet: &Fleet, time: Duration) -> Result<Figures> {
        let before = fleet.processor_time()?;
        let watch = Stopwatch::start();
        let answers = self.run(|_| watch.elapsed() < time)?;
        let elapsed = watch.elapsed();
        let processor = fleet.processor_time()?.saturating_sub(before);
        self.judge(&answers)?;
        Ok(Figures::of(answers.took, elapsed, processor))
    }

    /// Asks so often that averages mean something, and counts.
    ///
    /// # Errors
    /// When the functions do not answer, or otherwise than they are to.
    pub(super) fn count(&mut self, fleet: &Fleet, relays: &Relays) -> Result<Counts> {
        let trips = || [&relays.cache, &relays.database, &relays.dynamodb].map(Relay::trips);
        let (allocated, written, gone) = (fleet.allocated()?, fleet.written()?, trips());
        let answers = self.run(|number| number < COUNTED)?;
        let (allocated_then, written_then, gone_then) =
            (fleet.allocated()?, fleet.written()?, trips());
        self.judge(&answers)?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let each = |before: u64, then: u64| (then - before) as f64 / answers.took.len() as f64;
        let [cache_trips, database_trips, store_trips] =
            std::array::from_fn(|index| each(gone[index], gone_then[index]));
        Ok(Counts {
            allocations: each(allocated.times, allocated_then.times),
            allocated_kb: each(allocated.bytes, allocated_then.bytes) / 1024.0,
            cache_trips,
            database_trips,
            store_trips,
            lines: each(written.0 as u64, written_then.0 as u64),
            line_bytes: each(written.1 as u64, written_then.1 as u64),
        })
    }

    /// Each caller goes on while `more` says so of the number of its answers.
    fn run(&mut self, more: impl Fn(usize) -> bool + Sync) -> Result<Answers> {
        let (subject, more) = (self.subject, &more);
        let callers = self.callers.iter_mut();
        thread::scope(|scope| {
            let callers: Vec<_> = callers
                .map(|turns| {
                    scope.spawn(move || {
                        let mut answers = Answers::default();
                        while more(answers.took.len()) {
                            let (took, answer) = turns.next()?;
                            let right = subject.is_right(answer);
                            answers.took.push(took);
                            answers.strays += usize::from(!right);
                        }
                        anyhow::Ok(answers)
                    })
                })
                .collect();
            let mut all = Answers::default();
            for caller in callers {
                let answers = caller.join().ok().context("a caller panicked")??;
                all.took.extend(answers.took);
                all.strays += answers.strays;
            }
            Ok(all)
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn judge(&self, answers: &Answers) -> Result<()> {
        let (strays, all) = (answers.strays, answers.took.len());
        ensure!(
            all > 0 && strays as f64 <= 1.0 + STRAYS * all as f64,
            "{:?}: {strays} of {all} answers did not come about as they were to",
            self.subject
        );
        Ok(())
    }
}
