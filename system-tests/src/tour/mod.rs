//! An incident, played on the running stack and told as it unfolds: the database
//! dies under load and comes back.
//!
//! The tour waits for what it wants to see, never for time to pass, so a slow
//! machine makes it slower and nothing else. However it ends, it starts the
//! database again.

mod before;
mod caller;
mod narrator;
mod observations;
mod outage;
mod recovery;

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tooling::stack::{Action, Backend, Endpoints};

use crate::interrupt::{Interrupt, Interrupted};
use crate::waiting::{self, Stopwatch, spoken};
use crate::workspace::Workspace;
use crate::xtask;
use caller::Caller;
use narrator::Narrator;
use observations::Observations;

/// How long the circuit may take to open or close: many times what it needs.
const CIRCUIT_BOUND: Duration = Duration::from_mins(3);

/// How many items the tour writes and watches.
const ITEMS: usize = 3;

/// A write that was answered with success: from now on it must be there.
#[derive(Debug, Clone)]
struct Acknowledged {
    id: String,
    name: String,
}

/// The tour under way.
struct Tour<'run> {
    workspace: &'run Workspace,
    interrupt: &'run Interrupt,
    narrator: &'run Narrator,
    caller: Caller,
    observations: Observations,
    acknowledged: Vec<Acknowledged>,
    /// Names of items whose writing was refused.
    refused: Vec<String>,
    /// Tells this tour's items from an earlier one's.
    mark: String,
}

/// Plays the incident on the running stack.
///
/// # Errors
/// When no stack is running, the user interrupts, or the pattern did not hold.
pub(crate) fn tour(workspace: &Workspace, interrupt: &Interrupt) -> Result<()> {
    let endpoints = Endpoints::running(workspace)?;
    let narrator = &Narrator::to_stdout();
    let watch = Stopwatch::start();
    let mut tour = Tour {
        workspace,
        interrupt,
        narrator,
        caller: Caller::new(&endpoints.api_url),
        observations: Observations::default(),
        acknowledged: Vec::new(),
        refused: Vec::new(),
        mark: format!("{:04x}", u16::from_ne_bytes(crate::random::bytes()?)),
    };
    for backend in Backend::ALL {
        if !endpoints.is_running(backend) {
            narrator.remark(&format!(
                "{} is down: starting it first.",
                backend.product()
            ))?;
            xtask::change(workspace, backend, Action::Start, interrupt)?;
        }
    }
    let played = tour.play();
    let healed = tour.heal();
    tour.clean_up();
    if !interrupt.is_raised() {
        narrator.table(tour.observations.rows())?;
    }
    played?;
    healed?;
    tour.conclude(watch)
}

impl Tour<'_> {
    fn play(&mut self) -> Result<()> {
        self.wait_until_closed()?;
        self.normal_operation()?;
        let epoch = self.caller.circuit()?.epoch;
        self.outage()?;
        self.recovery(epoch)
    }

    /// Starts the database and lets the circuit close, whatever happened before.
    fn heal(&self) -> Result<()> {
        // An interrupt ends the story, not the repair.
        let repair = Interrupt::new();
        xtask::change(self.workspace, Backend::Database, Action::Start, &repair)?;
        if self.interrupt.is_raised() {
            return Err(Interrupted.into());
        }
        self.wait_until_closed()
    }

    /// Removes the tour's items. One that stays harms nobody.
    fn clean_up(&self) {
        if !self.interrupt.is_raised() {
            for item in &self.acknowledged {
                drop(self.caller.delete(&item.id));
            }
        }
    }

    /// Keeps calling, because only traffic closes a circuit, until it is closed.
    fn wait_until_closed(&self) -> Result<()> {
        let closed = waiting::until(CIRCUIT_BOUND, self.interrupt, || {
            if self.caller.circuit()?.admits_everything() {
                return Ok(Some(()));
            }
            self.caller.list(1)?;
            Ok(None)
        })?;
        ensure!(
            closed.is_some(),
            "the circuit does not close, although the database is up"
        );
        Ok(())
    }

    fn conclude(&self, watch: Stopwatch) -> Result<()> {
        let broken = self.observations.broken();
        let total = self.observations.rows().len();
        let took = spoken(watch.elapsed());
        if broken > 0 {
            bail!("the pattern did not hold: {broken} of {total} observations ({took})");
        }
        self.narrator
            .line(&format!("\nThe pattern held: {total} of {total} ({took})."))
    }
}
