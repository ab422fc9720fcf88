//! Steps: what is being done, how long it takes, how it ended.
//!
//! In a terminal the running steps turn and count; anywhere else each start and
//! end is one plain line, so that a log reads well.

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Error, Result};
use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::interrupt::{Interrupt, Interrupted};
use crate::waiting::{Stopwatch, spoken};

/// Shows steps as they run.
#[derive(Debug)]
pub struct Progress {
    live: Option<MultiProgress>,
}

/// One step while it runs.
#[derive(Debug)]
pub struct Step {
    note: Mutex<String>,
}

impl Step {
    /// A few words to show when the step is done.
    pub fn note(&self, words: impl Into<String>) {
        if let Ok(mut note) = self.note.lock() {
            *note = words.into();
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Bars in a terminal, plain lines elsewhere.
    pub fn new() -> Self {
        let terminal = console::Term::stdout().is_term();
        Self {
            live: terminal.then(MultiProgress::new),
        }
    }

    /// A line of its own, above the steps that still run.
    pub fn say(&self, line: &str) {
        match &self.live {
            Some(bars) => drop(bars.println(line)),
            None => println!("{line}"),
        }
    }

    /// Does the work and shows it.
    ///
    /// # Errors
    /// What the work answers.
    pub fn step<T>(&self, name: &str, work: impl FnOnce(&Step) -> Result<T>) -> Result<T> {
        let running = self.begin(name);
        let watch = Stopwatch::start();
        let step = Step {
            note: Mutex::default(),
        };
        let outcome = work(&step);
        let took = spoken(watch.elapsed());
        let note = step.note.into_inner().unwrap_or_default();
        let note = if note.is_empty() {
            note
        } else {
            format!(": {note}")
        };
        if let Some(bar) = running {
            bar.finish_and_clear();
        }
        self.say(&match &outcome {
            Ok(_) => format!("{} {name}{note} {}", style("✓").green(), dim(&took)),
            Err(error) if error.is::<Interrupted>() => {
                format!("{} {name}: stopped {}", style("–").yellow(), dim(&took))
            }
            Err(_) => format!("{} {name}{note} {}", style("✗").red().bold(), dim(&took)),
        });
        outcome
    }

    fn begin(&self, name: &str) -> Option<ProgressBar> {
        let Some(live) = &self.live else {
            println!("… {name}");
            return None;
        };
        Some(spinner(live.add(ProgressBar::new_spinner()), name))
    }
}

/// Does the work while a spinner says so, and leaves nothing behind in the terminal.
///
/// # Errors
/// What the work answers.
pub fn spinning<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let bar = spinner(ProgressBar::new_spinner(), name);
    let outcome = work();
    bar.finish_and_clear();
    outcome
}

fn spinner(bar: ProgressBar, name: &str) -> ProgressBar {
    let shape = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}");
    if let Ok(shape) = shape {
        bar.set_style(shape.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "));
    }
    bar.set_message(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn dim(took: &str) -> console::StyledObject<String> {
    style(format!("({took})")).dim()
}

/// Steps that belong together: the first one that fails stops the others.
#[derive(Debug)]
pub struct Crew<'run> {
    progress: &'run Progress,
    interrupt: Interrupt,
    failure: Mutex<Option<Error>>,
}

impl<'run> Crew<'run> {
    /// Steps shown by `progress`, stopped by `interrupt`.
    pub fn new(progress: &'run Progress, interrupt: &Interrupt) -> Self {
        Self {
            progress,
            interrupt: interrupt.part(),
            failure: Mutex::default(),
        }
    }

    /// Raised when one of the steps has failed.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Does one step. `None` means: stop here, [`Self::verdict`] knows why.
    pub fn step<T>(
        &self,
        name: &str,
        what_to_do: &str,
        work: impl FnOnce(&Step) -> Result<T>,
    ) -> Option<T> {
        if self.interrupt.is_raised() {
            return None;
        }
        match self.progress.step(name, work) {
            Ok(done) => Some(done),
            Err(error) => {
                self.fail(explained(error, name, what_to_do));
                None
            }
        }
    }

    fn fail(&self, error: Error) {
        if let Ok(mut failure) = self.failure.lock()
            && !(self.interrupt.is_raised() && error.is::<Interrupted>())
        {
            failure.get_or_insert(error);
        }
        self.interrupt.raise();
    }

    /// How it all ended.
    ///
    /// # Errors
    /// The failure that stopped the steps, or the interrupt.
    pub fn verdict<T>(self, outcome: Option<T>) -> Result<T> {
        let failure = self.failure.into_inner().unwrap_or_default();
        match (failure, outcome) {
            (Some(failure), _) => Err(failure),
            (None, Some(done)) => Ok(done),
            (None, None) => Err(Interrupted.into()),
        }
    }
}

fn explained(error: Error, name: &str, what_to_do: &str) -> Error {
    if error.is::<Interrupted>() {
        return error;
    }
    anyhow::anyhow!(
        "{name} failed: {error:#}\n{} {what_to_do}",
        style("what to do:").bold()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting;

    #[test]
    fn the_first_failure_stops_the_steps_beside_it_and_is_the_one_reported() {
        let progress = Progress { live: None };
        let crew = Crew::new(&progress, &Interrupt::new());
        std::thread::scope(|scope| {
            let (started, has_started) = std::sync::mpsc::channel();
            let crew = &crew;
            let long = scope.spawn(move || {
                crew.step("long", "wait", |_| {
                    started.send(())?;
                    let stopped = waiting::pause(Duration::from_mins(10), crew.interrupt());
                    stopped.map_err(|_| anyhow::anyhow!("it broke because it was stopped"))
                })
            });
            has_started.recv().unwrap();
            let failed = crew.step("short", "try again", |_| -> Result<()> {
                anyhow::bail!("it broke")
            });
            assert!(failed.is_none());
            assert!(long.join().unwrap().is_none());
        });
        assert!(crew.step("later", "", |_| Ok(())).is_none());
        let error = crew.verdict(None::<()>).unwrap_err().to_string();
        assert!(error.starts_with("short failed: it broke"), "{error}");
        assert!(error.ends_with("try again"), "{error}");
    }

    #[test]
    fn an_interrupt_is_reported_as_one() {
        let progress = Progress { live: None };
        let interrupt = Interrupt::new();
        let crew = Crew::new(&progress, &interrupt);
        interrupt.raise();
        let done = crew.step("anything", "", |_| Ok(()));
        assert!(crew.verdict(done).unwrap_err().is::<Interrupted>());
    }
}
