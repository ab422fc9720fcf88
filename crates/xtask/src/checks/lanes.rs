//! Runs the steps: lanes side by side, each lane in order, every step only after
//! those that it needs, and everything that can still be done after a failure.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Error;
use console::style;

use super::check::{Check, Failure};
use super::tally::Tally;
use crate::interrupt::{Interrupt, Interrupted};
use crate::progress::Progress;
use crate::waiting::{self, Stopwatch};

/// How long each step took that was begun.
pub(crate) type Times = Vec<(String, Duration)>;

/// How the steps ended so far.
struct Board<'run> {
    passed: Mutex<BTreeMap<String, bool>>,
    times: Mutex<Times>,
    progress: &'run Progress,
    interrupt: &'run Interrupt,
}

/// Answers what all the steps counted together, and how long each took.
pub(crate) fn run(
    lanes: Vec<Vec<Check<'_>>>,
    progress: &Progress,
    interrupt: &Interrupt,
) -> (Tally, Times) {
    let board = Board {
        passed: Mutex::default(),
        times: Mutex::default(),
        progress,
        interrupt,
    };
    let tally = std::thread::scope(|scope| {
        let board = &board;
        let running: Vec<_> = lanes
            .into_iter()
            .map(|lane| {
                scope.spawn(move || {
                    lane.into_iter()
                        .map(|check| board.run(check))
                        .fold(Tally::default(), |a, b| a + b)
                })
            })
            .collect();
        let tallies = running
            .into_iter()
            .map(|lane| lane.join().unwrap_or(Tally::ONE_FAILED));
        tallies.fold(Tally::default(), |a, b| a + b)
    });
    let times = board.times.into_inner();
    (tally, times.unwrap_or_else(PoisonError::into_inner))
}

impl Board<'_> {
    fn run(&self, check: Check<'_>) -> Tally {
        let name = check.name.clone();
        let missing = check.needs.iter().find(|need| !self.wait_for(need));
        if let Some(missing) = missing {
            self.end(&name, false);
            if !self.interrupt.is_raised() {
                let mark = style("–").yellow();
                self.progress
                    .say(&format!("{mark} {name}: skipped, it needs “{missing}”"));
            }
            return Tally::ONE_SKIPPED;
        }
        if self.interrupt.is_raised() {
            self.end(&name, false);
            return Tally::ONE_SKIPPED;
        }
        let watch = Stopwatch::start();
        let outcome = self
            .progress
            .step(&name, |step| (check.work)(step, self.interrupt));
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.push((name.clone(), watch.elapsed()));
        drop(times);
        self.end(&name, outcome.is_ok());
        outcome.unwrap_or_else(|error| self.failed(&name, &error))
    }

    fn failed(&self, name: &str, error: &Error) -> Tally {
        if error.is::<Interrupted>() || self.interrupt.is_raised() {
            return Tally::ONE_SKIPPED;
        }
        self.progress.say(&format!(
            "\n{} {error:#}\n",
            style(format!("{name}:")).red().bold()
        ));
        error
            .downcast_ref::<Failure>()
            .map_or(Tally::ONE_FAILED, |failure| failure.tally)
    }

    fn end(&self, name: &str, passed: bool) {
        let mut ended = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        ended.insert(name.to_owned(), passed);
    }

    /// Whether the step has passed, once it has ended.
    fn wait_for(&self, name: &str) -> bool {
        let passed = waiting::until(Duration::MAX, self.interrupt, || {
            let ended = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(ended.get(name).copied())
        });
        matches!(passed, Ok(Some(true)))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn passing(name: &str) -> Check<'static> {
        Check::new(name, |_, _| Ok(()))
    }

    fn failing(name: &str) -> Check<'static> {
        Check::new(name, |_, _| bail!("it broke"))
    }

    fn counted(lanes: Vec<Vec<Check<'_>>>) -> Tally {
        run(lanes, &Progress::new(), &Interrupt::new()).0
    }

    #[test]
    fn what_does_not_need_the_failed_step_is_done_all_the_same() {
        let lane = vec![
            failing("build"),
            passing("deploy").needs(&["build"]),
            passing("tour").needs(&["deploy"]),
            passing("format"),
        ];
        assert_eq!(
            counted(vec![lane]),
            Tally {
                passed: 1,
                failed: 1,
                skipped: 2
            }
        );
    }

    #[test]
    fn a_step_waits_for_what_it_needs_in_another_lane() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let after = sender.clone();
        let slow = Check::new("slow", move |_, interrupt| {
            waiting::pause(Duration::from_millis(100), interrupt)?;
            Ok(sender.send("slow")?)
        });
        let waiting = Check::new("waiting", move |_, _| Ok(after.send("waiting")?));
        counted(vec![vec![waiting.needs(&["slow"])], vec![slow]]);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), ["slow", "waiting"]);
    }

    #[test]
    fn after_an_interrupt_the_rest_is_skipped() {
        let interrupt = Interrupt::new();
        let raiser = interrupt.clone();
        let interrupted = Check::new("interrupted", move |_, interrupt| {
            raiser.raise();
            waiting::pause(Duration::from_mins(10), interrupt)
        });
        let lane = vec![passing("first"), interrupted, passing("last")];
        let (tally, times) = run(vec![lane], &Progress::new(), &interrupt);
        let begun: Vec<_> = times.into_iter().map(|(name, _)| name).collect();
        assert_eq!(begun, ["first", "interrupted"]);
        assert_eq!(
            tally,
            Tally {
                passed: 1,
                failed: 0,
                skipped: 2
            }
        );
    }
}
