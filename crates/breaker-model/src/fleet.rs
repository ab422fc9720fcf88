//! A small fleet, and what can become of its calls and requests.

use breaker_core::{
    Consistency, Policy, PolicyError, Timestamp,
    member::{Member, Operation},
    protocol::LeaseOwner,
};

use crate::{
    Action, CoverageSet, Driver, Ending, Fault, Gate, Lane, Request, Scope, Seat, TICK_MS, World,
    coverage::Covered, environment::Draws, world::clock,
};

/// A small fleet that shares one circuit.
#[derive(Debug)]
pub struct Fleet {
    pub(crate) policy: Policy,
    pub(crate) scope: Scope,
    /// A process that knows nothing yet.
    pub(crate) newcomer: Member,
    pub(crate) covered: Covered,
}

impl Fleet {
    /// The fleet of `scope`, which follows `policy`.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense.
    pub fn new(policy: Policy, scope: Scope) -> Result<Self, PolicyError> {
        let draws = Draws {
            owner: LeaseOwner(0),
        };
        let mut followed = policy.clone();
        if scope.driver == Driver::ClosesEarly {
            followed.successes_to_close /= 2;
        }
        Ok(Self {
            newcomer: match scope.gate {
                Gate::Shut => Member::without_gate(followed, draws)?,
                Gate::Used => Member::new(followed, draws)?,
            },
            policy,
            scope,
            covered: Covered::default(),
        })
    }

    /// The bounds of the check.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The cases that the steps taken so far have covered.
    pub fn covered(&self) -> CoverageSet {
        self.covered.all()
    }
}

impl Fleet {
    pub(crate) fn may(&self, world: &World, fault: Fault) -> bool {
        world.faults_left > 0 && self.scope.faults.contains(&fault)
    }

    /// What can happen to a call.
    pub(crate) fn offer(&self, world: &World, seat: Seat, lane: &Lane, actions: &mut Vec<Action>) {
        match (lane.request(), lane) {
            (Some(request), _) if request.is_sent() => {
                self.offer_ways(world, seat, request, actions);
            }
            (Some(_), _) => actions.push(Action::Deliver(seat)),
            (None, Lane::Calling { .. }) => {
                actions.push(Action::End(seat, Ending::Success));
                actions.push(Action::End(seat, Ending::Failure));
                if self.may(world, Fault::Cancelled) {
                    actions.push(Action::End(seat, Ending::Nothing));
                }
            }
            (None, _) => {}
        }
        if self.may(world, Fault::Cancelled) && !lane.is_idle() {
            actions.push(Action::Cancel(seat));
        }
    }

    /// What can become of a request.
    fn offer_ways(&self, world: &World, seat: Seat, request: &Request, actions: &mut Vec<Action>) {
        let operation = &request.operation;
        let changes = matches!(operation, Operation::Apply { .. });
        let glimpses = matches!(operation, Operation::Load(Consistency::Eventual));
        let ways = [
            (Fault::Slow, true, Action::ReachSlowly(seat)),
            (Fault::Lost, true, Action::Lose(seat)),
            // Without a change it is the same whether the store was reached.
            (Fault::Lost, changes, Action::ReachInVain(seat)),
            (
                Fault::Stale,
                glimpses && world.before != world.stored,
                Action::ReachStale(seat),
            ),
            (Fault::Contended, changes, Action::Contend(seat)),
            (Fault::Unreadable, true, Action::Garble(seat)),
        ];
        actions.push(Action::Reach(seat));
        actions.extend(
            ways.into_iter()
                .filter(|(fault, possible, _)| *possible && self.may(world, *fault))
                .map(|(_, _, action)| action),
        );
    }

    pub(crate) fn fastest(&self, tick: u8) -> Timestamp {
        let skews = self.scope.places.iter().map(|place| place.skew_ms);
        clock(tick, skews.max().unwrap_or_default())
    }

    /// Time-outs are over in time, except where the process does not run.
    pub(crate) fn nobody_waits_too_long(&self, world: &World) -> bool {
        let limit = self.policy.probe_timeout.as_millis();
        let store = self.policy.store_timeout.as_millis();
        let after_tick = |since: u8| u128::from(world.tick + 1 - since) * u128::from(TICK_MS);
        let lanes = world.environments.iter().flat_map(|place| &place.lanes);
        lanes.filter(|lane| !lane.is_frozen()).all(|lane| {
            let asks = lane
                .request()
                .is_none_or(|request| after_tick(request.sent) <= store);
            let probes = lane
                .probe()
                .is_none_or(|(_, began)| after_tick(began) <= limit);
            asks && probes
        })
    }
}
