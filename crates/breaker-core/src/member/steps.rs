//! Steps for the tests of a member's parts: by a policy of the test's, at a
//! time of the test's, and with the same draw each time.

use super::{Entropy, context::Context};
use crate::{
    observe::Event,
    policy::Policy,
    protocol::LeaseOwner,
    time::{Moment, Now},
};

#[derive(Debug)]
pub(super) struct Steps {
    pub(super) policy: Policy,
    pub(super) events: Vec<Event>,
    draw: Draw,
}

#[derive(Debug)]
struct Draw(f64);

impl Entropy for Draw {
    fn uniform(&mut self) -> f64 {
        self.0
    }

    fn owner(&mut self) -> LeaseOwner {
        LeaseOwner(1)
    }
}

impl Steps {
    /// Steps that draw `draw`.
    pub(super) fn drawing(draw: f64) -> Self {
        Self {
            policy: Policy::default(),
            events: Vec::new(),
            draw: Draw(draw),
        }
    }

    /// A step at `now`.
    pub(super) fn at(&mut self, now: impl Now) -> Context<'_> {
        let moment = Moment {
            wall: now.wall(),
            steady: now.steady(),
        };
        Context::new(&self.policy, moment, &mut self.draw, &mut self.events)
    }
}
