//! The model: what can happen next, and what it leads to.

use breaker_core::{
    Policy, PolicyError, Reading, Timestamp,
    member::{Member, Operation},
    protocol::LeaseOwner,
};
use stateright::{Model, Property};

use crate::{
    Action, Ending, Fault, Gate, Lane, Request, Scope, Seat, Sightings, Standing, TICK_MS, World,
    condition, environment::Draws, rule, world::clock,
};

/// A small fleet that shares one circuit.
#[derive(Debug)]
pub struct Fleet {
    pub(crate) policy: Policy,
    pub(crate) scope: Scope,
    /// A process that knows nothing yet.
    pub(crate) newcomer: Member,
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
        Ok(Self {
            newcomer: match scope.gate {
                Gate::Shut => Member::without_gate(policy.clone(), draws)?,
                Gate::Used => Member::new(policy.clone(), draws)?,
            },
            policy,
            scope,
        })
    }

    /// The bounds of the check.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl Model for Fleet {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let starts = self.scope.starts.iter();
        starts.map(|start| World::starting(self, *start)).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken.is_some() {
            return;
        }
        for (index, place) in world.environments.iter().enumerate() {
            let idle = place.lanes.iter().position(Lane::is_idle);
            if let Some(lane) = idle.filter(|_| place.calls_left > 0) {
                actions.push(Action::Begin((index, lane)));
            }
            for (lane, state) in place.lanes.iter().enumerate() {
                self.offer(world, (index, lane), state, actions);
            }
            let busy = place.lanes.iter().any(|lane| !lane.is_idle());
            let awake = place.lanes.iter().all(|lane| !lane.is_frozen());
            if busy && awake && self.may(world, Fault::Frozen) {
                actions.push(Action::Freeze(index));
            }
            if self.may(world, Fault::Crashed) {
                actions.push(Action::Crash(index));
            }
        }
        actions.extend((0..world.strays.len()).map(Action::ReachLate));
        if self.may(world, Fault::Ordered) {
            actions.push(Action::Order(Standing::Open));
            actions.push(Action::Order(Standing::Closed));
        }
        if world.tick < self.scope.ticks && self.nobody_waits_too_long(world) {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.seen = Sightings::default();
        next.faults_left -= u8::from(action.is_fault());
        self.take(&mut next, action);
        for rule in rule::broken_by(&next, &self.policy, self.fastest(next.tick)) {
            next.breaks(self, rule);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        condition::properties(&self.scope.expected)
    }
}

impl Fleet {
    fn may(&self, world: &World, fault: Fault) -> bool {
        world.faults_left > 0 && self.scope.faults.contains(&fault)
    }

    /// What can happen to a call.
    fn offer(&self, world: &World, seat: Seat, lane: &Lane, actions: &mut Vec<Action>) {
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
        let operation = request.errand.operation();
        let changes = matches!(operation, Operation::Apply { .. });
        let glimpses = matches!(operation, Operation::Load(Reading::Eventual));
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

    fn fastest(&self, tick: u8) -> Timestamp {
        let skews = self.scope.places.iter().map(|place| place.skew_ms);
        clock(tick, skews.max().unwrap_or_default())
    }

    /// Time-outs are over in time, except where the process does not run.
    fn nobody_waits_too_long(&self, world: &World) -> bool {
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
