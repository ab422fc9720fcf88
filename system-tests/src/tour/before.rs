//! Normal operation.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Acknowledged, ITEMS, Tour};
use crate::waiting;

/// Longer than an entry of the cache stands for the database in any stage.
const SOURCES_BOUND: Duration = Duration::from_mins(1);

impl Tour<'_> {
    pub(super) fn normal_operation(&mut self) -> Result<()> {
        self.narrator
            .scene("1. Normal operation: items are written and read")?;
        self.write_items()?;
        self.read_items()?;
        // The fallback can serve a page only if somebody has asked for it before.
        let page = self.caller.list(ITEMS)?;
        self.narrator.call(&page)?;
        let circuit = self.caller.circuit()?;
        self.narrator
            .remark(&format!("The circuit is {}.", circuit.state))?;
        let closed = circuit.state == "closed";
        self.observations
            .note("normal: circuit", "closed", circuit.state, closed.into());
        Ok(())
    }

    fn write_items(&mut self) -> Result<()> {
        for number in 1..=ITEMS {
            let name = format!("Tour {} item {number}", self.mark);
            let call = self.caller.create(&name)?;
            self.narrator.call(&call)?;
            if call.status() == 201 {
                self.acknowledged.push(Acknowledged {
                    id: call.id()?.to_owned(),
                    name,
                });
            }
        }
        let written = self.acknowledged.len();
        let seen = format!("{written} × 201");
        let held = written == ITEMS;
        self.observations.note(
            "normal: writes",
            &format!("{ITEMS} × 201"),
            seen,
            held.into(),
        );
        ensure!(
            written > 0,
            "no item could be written, so there is nothing to show"
        );
        Ok(())
    }

    fn read_items(&mut self) -> Result<()> {
        let mut healthy = 0;
        let items = self.acknowledged.clone();
        for item in &items {
            let call = self.caller.read(&item.id)?;
            self.narrator.call(&call)?;
            healthy += usize::from(call.status() == 200 && !call.is_degraded());
        }
        let held = healthy == items.len();
        let seen = format!("{healthy} × 200");
        let expected = format!("{} × 200", items.len());
        self.observations
            .note("normal: reads", &expected, seen, held.into());
        self.read_until_both_sources_answer(&items[0])
    }

    /// A read is served by the database once its entry in the cache is no longer
    /// fresh, and by the cache right after that.
    fn read_until_both_sources_answer(&mut self, item: &Acknowledged) -> Result<()> {
        let mut sources: Vec<String> = Vec::new();
        let both = waiting::until(SOURCES_BOUND, self.interrupt, || {
            let call = self.caller.read(&item.id)?;
            let source = call.source().unwrap_or("nothing").to_owned();
            if sources.last() != Some(&source) {
                self.narrator.call(&call)?;
                sources.push(source);
            }
            Ok(sources
                .ends_with(&["database".to_owned(), "cache".to_owned()])
                .then_some(()))
        })?;
        self.observations.note(
            "normal: one item, read on and on",
            "database, then cache",
            sources.join(", "),
            both.is_some().into(),
        );
        Ok(())
    }
}
