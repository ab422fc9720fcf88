//! How a recovery was met.

use crate::{
    figures::Figures,
    process::CircuitState,
    units::{Micros, SECOND, seconds_of, share},
};

/// The last recovery of the dependency, and what became of calls after it.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// When the dependency became healthy.
    began: Option<Micros>,
    /// When the circuit first closed after that.
    closed: Option<Micros>,
    /// When the circuit's last open time before that was over.
    open_time_ended: Option<Micros>,
    /// From when on all calls should pass.
    ramped: Option<Micros>,
    /// Calls of the first second after the close, and those admitted.
    first_second: (u64, u64),
    /// Calls after the ramp whose fate is known, and those that succeeded.
    resolved: (u64, u64),
    opens: u64,
}

impl Recovery {
    pub(super) fn begin(&mut self, now: Micros, state: CircuitState) {
        *self = Self {
            began: Some(now),
            // A circuit that is closed has nothing to find the way back from.
            ramped: (state == CircuitState::Closed).then_some(now),
            open_time_ended: self.open_time_ended,
            ..Self::default()
        };
    }

    /// An open circuit will be so until then.
    pub(super) fn open_until(&mut self, until: Micros) {
        if self.closed.is_none() {
            self.open_time_ended = Some(until);
        }
    }

    pub(super) fn circuit_closed(&mut self, now: Micros, ramp: Micros) {
        if self.began.is_some() && self.closed.is_none() {
            self.closed = Some(now);
            self.ramped = Some(now + ramp);
            self.resolved = (0, 0);
        }
    }

    pub(super) fn circuit_opened(&mut self) {
        self.opens += u64::from(self.closed.is_some());
    }

    fn is_in_first_second(&self, moment: Micros) -> bool {
        let closed = self.closed;
        closed.is_some_and(|closed| (closed..closed + SECOND).contains(&moment))
    }

    pub(super) fn call_arrived(&mut self, now: Micros) {
        self.first_second.0 += u64::from(self.is_in_first_second(now));
    }

    pub(super) fn call_admitted(&mut self, arrived: Micros) {
        self.first_second.1 += u64::from(self.is_in_first_second(arrived));
    }

    pub(super) fn call_resolved(&mut self, arrived: Micros, success: bool) {
        if self.ramped.is_some_and(|ramped| ramped <= arrived) {
            self.resolved.0 += 1;
            self.resolved.1 += u64::from(success);
        }
    }

    pub(super) fn write_into(&self, figures: &mut Figures) {
        let after = |closed: Micros| Some(seconds_of(closed - self.began?));
        figures.closed_after_recovery_s = self.closed.and_then(after);
        figures.closed_after_open_time_s = self.closed.and_then(|closed| {
            let could = self.open_time_ended?.max(self.began?);
            Some(seconds_of(closed.saturating_sub(could)))
        });
        let (calls, admitted) = self.first_second;
        figures.admitted_fraction_first_second_after_close = share(admitted, calls);
        let (resolved, succeeded) = self.resolved;
        figures.goodput_after_recovery = share(succeeded, resolved);
        figures.opens_after_recovery = self.opens;
    }
}
