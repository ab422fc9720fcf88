//! The fleet as the checker's model: what can happen next, what it leads to, and the
//! rules in the form in which the checker wants them, as plain functions.

use stateright::{Model, Property};

use crate::{Action, CoverageSet, Fault, Fleet, Lane, Rule, World, check::broken_by};

impl Model for Fleet {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let starts = self.scope.starts.iter();
        starts.map(|start| self.starting(*start)).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken.is_some() {
            return;
        }
        for (index, place) in world.environments.iter().enumerate() {
            let calls = usize::from(self.scope.places[index].lanes);
            let idle = place.lanes[..calls].iter().position(Lane::is_idle);
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
        self.offer_wishes(world, actions);
        actions.extend((0..world.strays.len()).map(Action::ReachLate));
        if world.tick < self.scope.ticks && self.nobody_waits_too_long(world) {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.covered = CoverageSet::default();
        next.faults_left -= u8::from(action.is_fault());
        self.take(&mut next, action);
        self.covered.add(next.covered);
        for rule in broken_by(&next, &self.policy, self.fastest(next.tick)) {
            self.breaks(&mut next, rule);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties()
    }
}

/// Every rule, always.
fn properties() -> Vec<Property<Fleet>> {
    let rules = Rule::ALL.iter().zip(UNBROKEN);
    rules
        .map(|(rule, holds)| Property::always(rule.name(), holds))
        .collect()
}

type Condition = fn(&Fleet, &World) -> bool;

const UNBROKEN: [Condition; Rule::ALL.len()] = [
    unbroken::<0>,
    unbroken::<1>,
    unbroken::<2>,
    unbroken::<3>,
    unbroken::<4>,
    unbroken::<5>,
    unbroken::<6>,
    unbroken::<7>,
    unbroken::<8>,
    unbroken::<9>,
    unbroken::<10>,
    unbroken::<11>,
    unbroken::<12>,
    unbroken::<13>,
    unbroken::<14>,
    unbroken::<15>,
    unbroken::<16>,
];

fn unbroken<const RULE: usize>(_: &Fleet, world: &World) -> bool {
    world.broken != Some(Rule::ALL[RULE])
}
