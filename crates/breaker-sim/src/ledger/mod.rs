//! Keeps the books of a run.
//!
//! Only what happens after the warm-up is entered. A call's fate is entered in
//! the books of the moment at which the call arrived, so that none is lost at
//! the edge of a period; what is still under way when the run ends is in
//! `calls` alone.

mod outage;
mod recovery;
#[cfg(test)]
mod tests;

use self::{outage::Outages, recovery::Recovery};
use crate::{
    figures::Figures,
    process::{CircuitState, Refusal, Stored},
    store::{
        Cost,
        capacity::{USD_PER_MILLION_RRU, USD_PER_MILLION_WRU},
    },
    trace::{Call, Fate, Second, Trace},
    units::{Micros, SECOND, index, number, seconds_of},
};

/// What the books must know beforehand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// When the run begins; before is the warm-up.
    pub(crate) start: Micros,
    /// How long evidence counts: an open within it after an outage is true.
    pub(crate) window: Micros,
    /// How long after closing not all calls are admitted.
    pub(crate) ramp: Micros,
    /// How many environments there are.
    pub(crate) environments: u32,
    /// When the store's last fault ends.
    pub(crate) store_back: Option<Micros>,
}

/// The books of a run.
#[derive(Debug)]
pub(crate) struct Ledger {
    terms: Terms,
    figures: Figures,
    trace: Trace,
    state: CircuitState,
    outages: Outages,
    recovery: Recovery,
    probes_under_way: u64,
    keeps_calls: bool,
}

/// A call in the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admission {
    pub(crate) arrived: Micros,
    pub(crate) environment: u32,
    pub(crate) is_probe: bool,
}

impl Ledger {
    pub(crate) fn new(terms: Terms, duration: Micros) -> Self {
        let seconds = index(duration.div_ceil(SECOND));
        Self {
            terms,
            figures: Figures::default(),
            trace: Trace {
                seconds: vec![Second::default(); seconds],
                states: vec![(0.0, CircuitState::Closed)],
                calls: Vec::new(),
            },
            state: CircuitState::Closed,
            outages: Outages::new(terms.environments),
            recovery: Recovery::default(),
            probes_under_way: 0,
            keeps_calls: false,
        }
    }

    /// From now on every call is kept in the trace.
    pub(crate) fn keep_calls(&mut self) {
        self.keeps_calls = true;
    }

    /// The second of the run that a moment falls into; none during the warm-up.
    fn second(&mut self, moment: Micros) -> Option<&mut Second> {
        let since = moment.checked_sub(self.terms.start)?;
        self.trace.seconds.get_mut(index(since / SECOND))
    }

    fn counts(&self, moment: Micros) -> bool {
        moment >= self.terms.start
    }

    pub(crate) fn dependency_is(&mut self, bad: bool, now: Micros) {
        if bad {
            self.outages.begin(now.max(self.terms.start));
        } else if self.outages.end(now) {
            self.recovery.begin(now, self.state);
        }
    }

    pub(crate) fn arrived(&mut self, now: Micros) {
        if let Some(second) = self.second(now) {
            second.calls += 1;
            self.figures.calls += 1;
            self.outages.call_arrived();
            self.recovery.call_arrived(now);
        }
    }

    pub(crate) fn admitted(&mut self, call: Admission, now: Micros) {
        if call.is_probe {
            self.probes_under_way += 1;
        }
        if !self.counts(call.arrived) {
            return;
        }
        self.figures.admitted += 1;
        if let Some(second) = self.second(now) {
            second.admitted += 1;
        }
        self.decided(call.arrived, call.environment, Fate::Admitted);
        self.recovery.call_admitted(call.arrived);
        if call.is_probe {
            self.figures.probes += 1;
            let most = &mut self.figures.max_concurrent_probes;
            *most = (*most).max(self.probes_under_way);
        } else {
            self.outages.call_admitted(call.environment);
        }
    }

    fn decided(&mut self, arrived: Micros, environment: u32, fate: Fate) {
        if self.keeps_calls {
            self.trace.calls.push(Call {
                arrived: arrived - self.terms.start,
                environment,
                fate,
            });
        }
    }

    pub(crate) fn rejected(&mut self, arrived: Micros, environment: u32, by: Refusal, now: Micros) {
        if !self.counts(arrived) {
            return;
        }
        self.decided(arrived, environment, Fate::Refused(by));
        self.figures.rejected += 1;
        self.figures.local_stops += u64::from(by == Refusal::Itself);
        self.figures.rejected_while_healthy += u64::from(!self.outages.is_on());
        if let Some(second) = self.second(now) {
            second.rejected += 1;
        }
        self.recovery.call_resolved(arrived, false);
    }

    /// The call to the dependency is over; the response may still wait.
    pub(crate) fn ended(&mut self, call: Admission, success: bool, now: Micros) {
        self.probe_over(call);
        if !self.counts(call.arrived) {
            return;
        }
        if success {
            self.figures.succeeded += 1;
        } else {
            self.figures.failed += 1;
            if let Some(second) = self.second(now) {
                second.failed += 1;
            }
        }
        self.recovery.call_resolved(call.arrived, success);
    }

    pub(crate) fn vanished(&mut self, call: Admission) {
        self.probe_over(call);
        if self.counts(call.arrived) {
            self.figures.crashed += 1;
            self.recovery.call_resolved(call.arrived, false);
        }
    }

    fn probe_over(&mut self, call: Admission) {
        if call.is_probe {
            self.probes_under_way -= 1;
        }
    }

    /// A call waited for the store before it was decided about.
    pub(crate) fn waited(&mut self, arrived: Micros, waited: Micros) {
        if self.counts(arrived) {
            let ms = seconds_of(waited) * 1e3;
            self.figures.blocking_reads += 1;
            self.figures.blocking_store_ms_total += ms;
            self.figures.max_blocking_ms = self.figures.max_blocking_ms.max(ms);
        }
    }

    /// A response waited for the store after its call was over.
    pub(crate) fn settled(&mut self, arrived: Micros, waited: Micros) {
        if self.counts(arrived) {
            self.figures.settling_store_ms_total += seconds_of(waited) * 1e3;
        }
    }

    pub(crate) fn served(&mut self, cost: Cost, now: Micros) {
        let Some(second) = self.second(now) else {
            return;
        };
        match cost {
            Cost::Nothing => {}
            Cost::Refused => second.refused += 1,
            Cost::Read { units } => {
                second.reads += 1;
                self.figures.store_reads += 1;
                self.figures.store_rru += units;
            }
            Cost::Write { units } => {
                second.writes += 1;
                self.figures.store_writes += 1;
                self.figures.store_wru += units;
            }
        }
    }

    /// The record after a write, and until when it says the circuit is open.
    pub(crate) fn record_is<R: Stored>(
        &mut self,
        record: &R,
        open_until: Option<Micros>,
        now: Micros,
    ) {
        self.figures.max_record_bytes = self.figures.max_record_bytes.max(record.size());
        let state = record.state();
        let before = std::mem::replace(&mut self.state, state);
        if before == state {
            return;
        }
        if let Some(until) = open_until {
            self.recovery.open_until(until);
        }
        let since_start = now.saturating_sub(self.terms.start);
        let moment = (seconds_of(since_start), state);
        if !self.counts(now) {
            self.trace.states = vec![moment];
            return;
        }
        self.trace.states.push(moment);
        match (before, state) {
            (CircuitState::HalfOpen, CircuitState::Open) => {
                self.figures.reopen_count += 1;
                self.outages.circuit_opened(now);
            }
            (_, CircuitState::Open) => self.opened(now),
            (_, CircuitState::Closed) => {
                self.figures.closes += 1;
                self.recovery.circuit_closed(now, self.terms.ramp);
            }
            (_, CircuitState::HalfOpen) => {}
        }
    }

    fn opened(&mut self, now: Micros) {
        self.figures.opens += 1;
        let since_start = seconds_of(now - self.terms.start);
        self.figures.first_open_s.get_or_insert(since_start);
        self.figures.false_opens += u64::from(!self.outages.within(self.terms.window, now));
        self.outages.circuit_opened(now);
        self.recovery.circuit_opened();
    }

    /// Whether the circuit opened, or was open, how long after the store came
    /// back during an outage.
    fn open_after_store(&self) -> Option<f64> {
        let back = self.terms.store_back?;
        if !self.outages.was_on_at(back) {
            return None;
        }
        let since_start = seconds_of(back.saturating_sub(self.terms.start));
        let open_then = self
            .trace
            .states
            .iter()
            .rev()
            .find(|(at, _)| *at <= since_start)
            .is_some_and(|(_, state)| *state != CircuitState::Closed);
        if open_then {
            return Some(0.0);
        }
        let mut later = self.trace.states.iter();
        let (at, _) =
            later.find(|(at, state)| *at > since_start && *state == CircuitState::Open)?;
        Some(at - since_start)
    }

    pub(crate) fn close(mut self) -> (Figures, Trace) {
        let most = |count: fn(&Second) -> u32| {
            let counts = self.trace.seconds.iter().map(count);
            u64::from(counts.max().unwrap_or(0))
        };
        self.figures.max_store_reads_per_s = most(|second| second.reads);
        self.figures.max_store_writes_per_s = most(|second| second.writes);
        self.figures.max_store_ops_refused_per_s = most(|second| second.refused);
        self.figures.open_after_store_s = self.open_after_store();
        let figures = &mut self.figures;
        let usd = figures.store_rru * USD_PER_MILLION_RRU + figures.store_wru * USD_PER_MILLION_WRU;
        figures.usd_per_million_calls = (figures.calls > 0).then(|| usd / number(figures.calls));
        figures.closed_at_end = self.state == CircuitState::Closed;
        self.outages.write_into(figures);
        self.recovery.write_into(figures);
        (self.figures, self.trace)
    }
}
