//! How an outage was met.

use crate::{
    figures::Figures,
    units::{Micros, seconds_of},
};

/// The outages of a run: the times in which the dependency is so bad that the
/// circuit must open.
#[derive(Debug)]
pub(super) struct Outages {
    /// Beginning and, once it is over, end of each.
    periods: Vec<(Micros, Option<Micros>)>,
    /// Calls since the beginning of the current one.
    calls: u64,
    /// Whether the circuit has opened in the current one.
    opened: bool,
    /// The first open in an outage: seconds and calls since its beginning.
    first_open: Option<(f64, u64)>,
    leaked: Option<u64>,
    /// Calls of each environment since the circuit opened in the current one.
    leaked_by: Vec<u32>,
    most_leaked: u32,
    admitted: u64,
    admitted_by: Vec<u32>,
    most_admitted: u32,
}

impl Outages {
    pub(super) fn new(environments: u32) -> Self {
        Self {
            periods: Vec::new(),
            calls: 0,
            opened: false,
            first_open: None,
            leaked: None,
            leaked_by: vec![0; environments as usize],
            most_leaked: 0,
            admitted: 0,
            admitted_by: vec![0; environments as usize],
            most_admitted: 0,
        }
    }

    pub(super) fn is_on(&self) -> bool {
        matches!(self.periods.last(), Some((_, None)))
    }

    pub(super) fn was_on_at(&self, moment: Micros) -> bool {
        let covers = |(from, until): &(Micros, Option<Micros>)| {
            *from <= moment && until.is_none_or(|until| moment < until)
        };
        self.periods.iter().any(covers)
    }

    /// Whether there was one in the time of this length that ends now.
    pub(super) fn within(&self, window: Micros, now: Micros) -> bool {
        let last = self.periods.last();
        last.is_some_and(|(_, end)| end.is_none_or(|end| now.saturating_sub(end) <= window))
    }

    pub(super) fn begin(&mut self, now: Micros) {
        if !self.is_on() {
            self.periods.push((now, None));
            self.calls = 0;
            self.opened = false;
            self.leaked_by.fill(0);
            self.admitted_by.fill(0);
        }
    }

    /// Gives whether one has ended.
    pub(super) fn end(&mut self, now: Micros) -> bool {
        match self.periods.last_mut() {
            Some((_, end @ None)) => {
                *end = Some(now);
                true
            }
            Some((_, Some(_))) | None => false,
        }
    }

    pub(super) fn call_arrived(&mut self) {
        self.calls += 1;
    }

    pub(super) fn call_admitted(&mut self, environment: u32) {
        if !self.is_on() {
            return;
        }
        let add = |by: &mut Vec<u32>, most: &mut u32| {
            let own = &mut by[environment as usize];
            *own += 1;
            *most = (*most).max(*own);
        };
        self.admitted += 1;
        add(&mut self.admitted_by, &mut self.most_admitted);
        if self.opened {
            self.leaked = Some(self.leaked.unwrap_or(0) + 1);
            add(&mut self.leaked_by, &mut self.most_leaked);
        }
    }

    pub(super) fn circuit_opened(&mut self, now: Micros) {
        let Some(&(began, None)) = self.periods.last() else {
            return;
        };
        self.opened = true;
        self.leaked.get_or_insert(0);
        let seconds = seconds_of(now.saturating_sub(began));
        self.first_open.get_or_insert((seconds, self.calls));
    }

    pub(super) fn write_into(&self, figures: &mut Figures) {
        figures.leaked_after_outage = self.leaked;
        figures.max_leaked_per_environment = self.leaked.map(|_| u64::from(self.most_leaked));
        figures.seconds_to_open = self.first_open.map(|(seconds, _)| seconds);
        figures.calls_to_open = self.first_open.map(|(_, calls)| calls);
        figures.admitted_in_outage = self.admitted;
        figures.max_admitted_in_outage_per_environment = u64::from(self.most_admitted);
    }
}
