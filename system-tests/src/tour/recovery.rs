//! The database is back.

use std::time::Duration;

use anyhow::Result;
use tooling::stack::{Action, Backend};

use super::caller::Transition;
use super::{CIRCUIT_BOUND, ITEMS, Tour};
use crate::waiting::{self, Stopwatch, spoken};
use crate::xtask;

/// How many of the newest items are searched for one that must not be there.
const NEWEST: usize = 50;

/// How long a fresh entry of the cache may hide what the database has.
const READ_BOUND: Duration = Duration::from_mins(1);

impl Tour<'_> {
    pub(super) fn recovery(&mut self, epoch_before: u64) -> Result<()> {
        self.narrator.scene("4. PostgreSQL is started again")?;
        xtask::change(
            self.workspace,
            Backend::Database,
            Action::Start,
            self.interrupt,
        )?;
        self.calls_until_closed()?;
        self.note_transitions(epoch_before)?;
        self.narrator.scene("5. Normal operation again")?;
        self.a_write_works()?;
        self.nothing_acknowledged_is_lost()?;
        self.nothing_refused_was_done()
    }

    fn calls_until_closed(&mut self) -> Result<()> {
        let watch = Stopwatch::start();
        let mut state = String::new();
        let closed = waiting::until(CIRCUIT_BOUND, self.interrupt, || {
            let circuit = self.caller.circuit()?;
            if circuit.state != state {
                self.narrator
                    .remark(&format!("The circuit is {}.", circuit.state))?;
                state.clone_from(&circuit.state);
            }
            if circuit.admits_everything() {
                return Ok(Some(()));
            }
            let call = self.caller.list(ITEMS)?;
            if !call.is_degraded() || state != "open" {
                self.narrator.call(&call)?;
            }
            Ok(None)
        })?;
        let seen = format!("{state} and ramped up after {}", spoken(watch.elapsed()));
        self.observations
            .note("recovery: circuit", "closes", seen, closed.is_some().into());
        Ok(())
    }

    fn note_transitions(&mut self, epoch_before: u64) -> Result<()> {
        let transitions = self.caller.transitions_since(epoch_before)?;
        let path = path(&transitions);
        self.narrator
            .remark(&format!("What the circuit did: {path}."))?;
        self.observations.note(
            "incident: transitions",
            "closed → open → half_open → closed",
            path,
            is_the_pattern(&transitions).into(),
        );
        Ok(())
    }

    fn a_write_works(&mut self) -> Result<()> {
        let name = format!("Tour {} item after", self.mark);
        let call = self.caller.create(&name)?;
        self.narrator.call(&call)?;
        let seen = call.status().to_string();
        self.observations
            .note("after: write", "201", seen, (call.status() == 201).into());
        if call.status() == 201 {
            let id = call.id()?.to_owned();
            self.acknowledged.push(super::Acknowledged { id, name });
        }
        Ok(())
    }

    fn nothing_acknowledged_is_lost(&mut self) -> Result<()> {
        let mut there = 0;
        let items = self.acknowledged.clone();
        for item in &items {
            let call = self.caller.read(&item.id)?;
            self.narrator.call(&call)?;
            let healthy = call.status() == 200 && !call.is_degraded();
            there += usize::from(healthy && call.data()["name"].as_str() == Some(&item.name));
        }
        let held = there == items.len();
        let seen = format!("{there} of {}", items.len());
        self.observations
            .note("after: acknowledged items", "all there", seen, held.into());
        Ok(())
    }

    fn nothing_refused_was_done(&mut self) -> Result<()> {
        let from_database = waiting::until(READ_BOUND, self.interrupt, || {
            let call = self.caller.list(NEWEST)?;
            Ok((call.source() == Some("database")).then_some(call))
        })?;
        let Some(call) = from_database else {
            let seen = "no list from the database";
            self.observations
                .note("after: refused writes", "none was done", seen, false.into());
            return Ok(());
        };
        self.narrator.call(&call)?;
        let items = call.data()["items"].as_array().cloned().unwrap_or_default();
        let is_refused = |name: &str| self.refused.iter().any(|refused| refused == name);
        let done = items.iter().filter_map(|item| item["name"].as_str());
        let done = done.filter(|name| is_refused(name)).count();
        let seen = format!("{done} of {} were", self.refused.len());
        self.observations.note(
            "after: refused writes",
            "none was done",
            seen,
            (done == 0).into(),
        );
        Ok(())
    }
}

/// `closed → open → half_open → closed`.
fn path(transitions: &[Transition]) -> String {
    let first = transitions
        .first()
        .map(|transition| transition.from.as_str());
    let rest = transitions.iter().map(|transition| transition.to.as_str());
    let states: Vec<&str> = first.into_iter().chain(rest).collect();
    if states.is_empty() {
        "nothing".to_owned()
    } else {
        states.join(" → ")
    }
}

/// From closed to open, over half-open, and back to closed; a probe that met a
/// database still starting may have opened the circuit again in between. Each
/// transition starts where the one before it ended and raises the epoch.
fn is_the_pattern(transitions: &[Transition]) -> bool {
    let chained = transitions.windows(2).all(|pair| match pair {
        [earlier, later] => earlier.to == later.from && earlier.epoch < later.epoch,
        _ => true,
    });
    let states: Vec<&str> = transitions
        .iter()
        .map(|transition| transition.to.as_str())
        .collect();
    let opens = transitions
        .first()
        .is_some_and(|first| first.from == "closed");
    chained
        && opens
        && states.first() == Some(&"open")
        && states.ends_with(&["half_open", "closed"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transitions(states: &[&str]) -> Vec<Transition> {
        let pairs = states.windows(2).enumerate();
        let transition = |(epoch, pair): (usize, &[&str])| Transition {
            epoch: epoch as u64,
            from: pair[0].to_owned(),
            to: pair[1].to_owned(),
        };
        pairs.map(transition).collect()
    }

    #[test]
    fn the_pattern_is_open_half_open_closed() {
        assert!(is_the_pattern(&transitions(&[
            "closed",
            "open",
            "half_open",
            "closed"
        ])));
    }

    #[test]
    fn a_failed_recovery_in_between_belongs_to_the_pattern() {
        let states = ["closed", "open", "half_open", "open", "half_open", "closed"];
        assert!(is_the_pattern(&transitions(&states)));
    }

    #[test]
    fn closing_without_a_probe_is_not_the_pattern() {
        assert!(!is_the_pattern(&transitions(&["closed", "open", "closed"])));
        assert!(!is_the_pattern(&transitions(&[
            "closed",
            "open",
            "half_open"
        ])));
        assert!(!is_the_pattern(&[]));
    }

    #[test]
    fn a_gap_between_transitions_is_not_the_pattern() {
        let mut gap = transitions(&["closed", "open", "half_open", "closed"]);
        gap.remove(1);
        assert!(!is_the_pattern(&gap));
    }

    #[test]
    fn transitions_that_do_not_raise_the_epoch_are_not_the_pattern() {
        let mut same = transitions(&["closed", "open", "half_open", "closed"]);
        same[2].epoch = same[1].epoch;
        assert!(!is_the_pattern(&same));
    }

    #[test]
    fn the_path_reads_as_a_chain_of_states() {
        assert_eq!(path(&transitions(&["closed", "open"])), "closed → open");
        assert_eq!(path(&[]), "nothing");
    }
}
