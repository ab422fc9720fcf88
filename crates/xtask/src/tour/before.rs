//! Normal operation.

use anyhow::{Result, ensure};

use super::{Acknowledged, ITEMS, Tour};

impl Tour<'_> {
    pub(super) fn normal_operation(&mut self) -> Result<()> {
        self.narrator
            .scene("1. Normal operation: items are written and read")?;
        self.write_items()?;
        self.read_items_twice()?;
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

    fn read_items_twice(&mut self) -> Result<()> {
        let mut sources = Vec::new();
        for item in self.acknowledged.clone() {
            for _ in 0..2 {
                let call = self.caller.read(&item.id)?;
                self.narrator.call(&call)?;
                sources.push(call.source().unwrap_or("nothing").to_owned());
            }
        }
        let healthy = sources
            .iter()
            .all(|source| source == "database" || source == "cache");
        let cached = sources
            .iter()
            .skip(1)
            .step_by(2)
            .all(|source| source == "cache");
        sources.dedup();
        self.observations.note(
            "normal: reads",
            "the second from the cache",
            sources.join(", "),
            (healthy && cached).into(),
        );
        Ok(())
    }
}
