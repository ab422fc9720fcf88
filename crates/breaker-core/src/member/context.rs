//! What every step of a member needs beside what the member knows.

use crate::{
    member::Entropy,
    observe::Event,
    policy::Policy,
    protocol::LeaseOwner,
    time::{Moment, Steady, Timestamp},
};

/// The rules, the time, chance, and an ear for what happens: the same for all
/// parts of one step.
pub(super) struct Context<'step> {
    pub(super) policy: &'step Policy,
    pub(super) now: Timestamp,
    /// The same by the clock that is never set.
    pub(super) steady: Steady,
    entropy: &'step mut dyn Entropy,
    events: &'step mut Vec<Event>,
}

impl<'step> Context<'step> {
    /// A step by `policy` at `moment`.
    pub(super) fn new(
        policy: &'step Policy,
        moment: Moment,
        entropy: &'step mut dyn Entropy,
        events: &'step mut Vec<Event>,
    ) -> Self {
        Self {
            policy,
            now: moment.wall,
            steady: moment.steady,
            entropy,
            events,
        }
    }

    /// A number that is uniform from 0 to 1, without 1.
    pub(super) fn draw(&mut self) -> f64 {
        self.entropy.uniform()
    }

    /// A number that no other call of the fleet has.
    pub(super) fn owner(&mut self) -> LeaseOwner {
        self.entropy.owner()
    }

    /// Tells observers.
    pub(super) fn emit(&mut self, event: Event) {
        self.events.push(event);
    }
}
