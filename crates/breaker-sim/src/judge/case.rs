//! A run as the rules see it.

use std::ops::Range;

use super::{
    oracle::{Oracle, Zone},
    windows::Windows,
};
use crate::{
    breakers::fleet::FleetProcess,
    figures::Figures,
    process::{CircuitState, Process as _},
    scenario::{FaultKind, Kind, Scenario},
    trace::{Call, Second, Trace},
    units::{Micros, SECOND, micros_of, micros_of_s, moment},
};

/// After the share is well again, service is normal within this time, but for
/// calls so rare that it takes longer to get [`CALLS_TO_RETURN`], and the ramp.
const TIME_TO_RETURN: Micros = 8 * SECOND;
const CALLS_TO_RETURN: usize = 10;

/// A run and the truth about it. All times are from the start of the run.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) oracle: Oracle,
    /// By arrival.
    pub(super) calls: Vec<Call>,
    /// Where the record stood, from when on.
    pub(super) states: Vec<(Micros, CircuitState)>,
    pub(super) seconds: &'a [Second],
    pub(super) figures: &'a Figures,
    /// How long after closing this kind of breaker refuses calls.
    pub(super) ramp: Micros,
    /// How long after closing the policy allows it.
    ramp_allowed: Micros,
    environments: u32,
    /// When the store serves no writes.
    pub(super) store_down: Windows,
    pub(super) end: Micros,
}

impl<'a> Case<'a> {
    pub(super) fn new(scenario: &Scenario, figures: &'a Figures, trace: &'a Trace) -> Self {
        let mut calls = trace.calls.clone();
        calls.sort_by_key(|call| call.arrived);
        let states = trace.states.iter();
        let ramp_allowed = micros_of(FleetProcess::ramp(&scenario.policy));
        let faults = scenario.store.faults.iter();
        let down = faults.filter(|fault| match fault.kind {
            FaultKind::Unavailable | FaultKind::Throttled => true,
            FaultKind::Slow => false,
        });
        let down = down.map(|fault| moment(0, fault.at_s)..moment(0, fault.at_s + fault.for_s));
        Self {
            oracle: Oracle::of(scenario),
            calls,
            states: states
                .map(|(at_s, state)| (micros_of_s(*at_s), *state))
                .collect(),
            seconds: &trace.seconds,
            figures,
            ramp: match scenario.breaker {
                Kind::Fleet => ramp_allowed,
                Kind::PerEnvironment | Kind::SharedCounter | Kind::None => 0,
            },
            ramp_allowed,
            environments: scenario.fleet.environments,
            store_down: Windows::of(down),
            end: micros_of_s(scenario.duration_s),
        }
    }

    /// The calls that arrived in a time.
    pub(super) fn calls_in(&self, time: &Range<Micros>) -> &[Call] {
        let until = |moment| self.calls.partition_point(|call| call.arrived < moment);
        &self.calls[until(time.start)..until(time.end).max(until(time.start))]
    }

    /// When the fleet has had so many calls from a moment on; never, if it
    /// does not get them in the run.
    pub(super) fn time_of_calls(&self, from: Micros, calls: usize) -> Micros {
        let first = self.calls.partition_point(|call| call.arrived < from);
        let last = calls
            .checked_sub(1)
            .and_then(|more| self.calls.get(first + more));
        last.map_or(Micros::MAX, |call| call.arrived)
    }

    /// Until when a trip may still refuse calls after the share returned: with
    /// and without the ramp.
    pub(super) fn deadline(&self, returned: Micros) -> Deadline {
        self.deadline_after(returned, CALLS_TO_RETURN)
    }

    fn deadline_after(&self, returned: Micros, calls: usize) -> Deadline {
        let deadline = |from: Micros| {
            let closed = self.time_of_calls(from, calls).max(from + TIME_TO_RETURN);
            Deadline {
                from,
                closed,
                normal: closed.saturating_add(self.ramp_allowed),
            }
        };
        let soon = deadline(returned);
        let fault = self.store_down.meeting(&(returned..soon.closed));
        fault.map_or(soon, |fault| deadline(fault.end))
    }

    /// When refused calls of a group of environments are what a true trip of
    /// the fleet, or of themselves, costs. Spells up to `shortest` are no
    /// reason to trip.
    pub(super) fn excused(&self, group: usize, shortest: Micros) -> Windows {
        let long = |spell: &&Range<Micros>| spell.end - spell.start > shortest;
        let fleet = self.oracle.spells(|zone| zone != Zone::Well);
        let fleet = fleet.iter().filter(long);
        let fleet = fleet.map(|spell| spell.start..self.deadline(spell.end).normal);
        let own = self.oracle.spells_of(group);
        let own = own
            .iter()
            .filter(long)
            .map(|spell| self.excused_alone(spell));
        Windows::of(fleet.chain(own))
    }

    /// One that fails alone has to find the way back by its own calls.
    fn excused_alone(&self, spell: &Range<Micros>) -> Range<Micros> {
        let calls = CALLS_TO_RETURN * self.environments as usize;
        spell.start..self.deadline_after(spell.end, calls).normal
    }

    /// The calls that arrived in a time, but for those of environments that
    /// fail alone and may refuse calls that the others admit.
    pub(super) fn calls_together(&self, time: &Range<Micros>) -> Vec<&Call> {
        let alone = |group| {
            let spells = self.oracle.spells_alone(group);
            Windows::of(spells.iter().map(|spell| self.excused_alone(spell)))
        };
        let alone: Vec<Windows> = (0..self.oracle.groups()).map(alone).collect();
        let group = |call: &Call| self.oracle.group(call.environment);
        let calls = self.calls_in(time).iter();
        calls
            .filter(|call| !alone[group(call)].contain(call.arrived))
            .collect()
    }

    /// The same for every group.
    pub(super) fn all_excused(&self, shortest: Micros) -> Vec<Windows> {
        let groups = 0..self.oracle.groups();
        groups.map(|group| self.excused(group, shortest)).collect()
    }

    /// When service is not normal by the record: it is not closed, or ramps.
    pub(super) fn interrupted(&self) -> Windows {
        let ends = self
            .states
            .iter()
            .skip(1)
            .map(|(at, _)| *at)
            .chain([self.end]);
        let states = self.states.iter().zip(ends);
        let interrupted = states.filter(|((_, state), _)| *state != CircuitState::Closed);
        Windows::of(interrupted.map(|((at, _), end)| *at..end + self.ramp))
    }
}

/// Until when a breaker must have found the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    /// From when on it could.
    pub(super) from: Micros,
    /// When the circuit must be closed.
    pub(super) closed: Micros,
    /// When all calls must pass.
    pub(super) normal: Micros,
}
