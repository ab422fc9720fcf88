//! The database is gone.

use std::time::Duration;

use anyhow::{Result, bail};
use tooling::stack::{Action, Backend};

use super::caller::Call;
use super::{CIRCUIT_BOUND, ITEMS, Tour};
use crate::waiting::{self, Stopwatch, spoken};
use crate::xtask;

/// An identifier that no item has.
const UNKNOWN: &str = "01900000-0000-7000-8000-000000000000";

/// How soon a read must be answered while the circuit is open. It takes
/// milliseconds; the rest is the emulator's, on a busy machine.
const PROMPT: Duration = Duration::from_millis(1500);

impl Tour<'_> {
    pub(super) fn outage(&mut self) -> Result<()> {
        self.narrator.scene("2. PostgreSQL is killed (SIGKILL)")?;
        xtask::change(
            self.workspace,
            Backend::Database,
            Action::Kill,
            self.interrupt,
        )?;
        self.calls_until_open()?;
        self.narrator
            .scene("3. The circuit is open: reads go on, writes are asked to wait")?;
        self.known_items_are_read()?;
        self.an_unknown_item_is_refused()?;
        self.a_write_is_refused()
    }

    fn calls_until_open(&mut self) -> Result<()> {
        let watch = Stopwatch::start();
        let mut calls = Vec::new();
        let opened = waiting::until(CIRCUIT_BOUND, self.interrupt, || {
            let call = if calls.len() % 2 == 0 {
                self.caller.list(ITEMS)?
            } else {
                let name = format!("Tour {} refused {}", self.mark, calls.len());
                let call = self.caller.create(&name)?;
                self.refused.push(name);
                call
            };
            self.narrator.call(&call)?;
            calls.push(call);
            let circuit = self.caller.circuit()?;
            Ok((circuit.state != "closed").then_some(circuit))
        })?;
        self.note_degraded_reads(&calls);
        self.note_retries(&calls);
        let took = spoken(watch.elapsed());
        let seen = match &opened {
            Some(_) => format!("open after {} calls, {took}", calls.len()),
            None => format!("still closed after {} calls, {took}", calls.len()),
        };
        self.observations
            .note("outage: circuit", "opens", seen, opened.is_some().into());
        let Some(circuit) = opened else {
            bail!("the circuit did not open within {}", spoken(CIRCUIT_BOUND));
        };
        let cause = circuit
            .cause
            .unwrap_or_else(|| "no cause is told".to_owned());
        self.narrator
            .remark(&format!("The circuit is {}: {cause}.", circuit.state))
    }

    /// Only the first ones: once the circuit shows trouble nothing is tried again.
    fn note_retries(&mut self, calls: &[Call]) {
        let writes = calls.iter().skip(1).step_by(2);
        let tried_again = writes.filter(|call| call.attempts_at_retry() > 1).count();
        self.observations.note(
            "outage: a failed write is retried",
            "until the circuit shows trouble",
            format!("{tried_again} tried again"),
            (tried_again > 0).into(),
        );
    }

    fn note_degraded_reads(&mut self, calls: &[Call]) {
        let reads: Vec<&Call> = calls.iter().step_by(2).collect();
        let labelled = reads
            .iter()
            .filter(|call| call.is_labelled_fallback())
            .count();
        let held = labelled == reads.len();
        self.observations.note(
            "outage: reads before it opens",
            "fallback, degraded",
            format!("{labelled} of {}", reads.len()),
            held.into(),
        );
    }

    fn known_items_are_read(&mut self) -> Result<()> {
        let mut labelled = 0;
        let mut slowest = Duration::ZERO;
        let items = self.acknowledged.clone();
        for item in &items {
            let call = self.caller.read(&item.id)?;
            self.narrator.call(&call)?;
            slowest = slowest.max(call.took());
            let is_the_item = call.data()["name"].as_str() == Some(&item.name);
            labelled += usize::from(call.is_labelled_fallback() && is_the_item);
        }
        self.observations.note(
            "open: reads of known items",
            "200, fallback, degraded",
            format!("{labelled} of {}", items.len()),
            (labelled == items.len()).into(),
        );
        self.observations.note(
            "open: time of such a read",
            &format!("under {} ms", PROMPT.as_millis()),
            format!("{} ms at most", slowest.as_millis()),
            (slowest < PROMPT).into(),
        );
        Ok(())
    }

    fn an_unknown_item_is_refused(&mut self) -> Result<()> {
        let call = self.caller.read(UNKNOWN)?;
        self.note_refusal("open: read of an unknown item", &call)
    }

    fn a_write_is_refused(&mut self) -> Result<()> {
        let name = format!("Tour {} refused last", self.mark);
        let call = self.caller.create(&name)?;
        self.refused.push(name);
        self.note_refusal("open: write", &call)
    }

    fn note_refusal(&mut self, what: &str, call: &Call) -> Result<()> {
        self.narrator.call(call)?;
        let wait = call
            .retry_after_s()
            .map_or("without Retry-After".to_owned(), |wait| {
                format!("Retry-After: {wait}")
            });
        let seen = format!("{}, {wait}", call.status());
        self.observations.note(
            what,
            "503 with Retry-After",
            seen,
            call.is_refused_for_now().into(),
        );
        Ok(())
    }
}
