//! The rules and sightings in the form in which the checker wants them: as
//! plain functions.

use stateright::Property;

use crate::{Fleet, Rule, Sighting, World};

/// Every rule, always; and the sightings that are expected, sometimes.
pub(crate) fn properties(expected: &[Sighting]) -> Vec<Property<Fleet>> {
    let rules = Rule::ALL.iter().zip(UNBROKEN);
    let rules = rules.map(|(rule, holds)| Property::always(rule.name(), holds));
    let sightings = Sighting::ALL.iter().zip(SEEN);
    let sightings = sightings
        .filter(|(sighting, _)| expected.contains(sighting))
        .map(|(sighting, seen)| Property::sometimes(sighting.name(), seen));
    rules.chain(sightings).collect()
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
];

const SEEN: [Condition; Sighting::ALL.len()] = [
    seen::<0>, seen::<1>, seen::<2>, seen::<3>, seen::<4>, seen::<5>, seen::<6>, seen::<7>,
    seen::<8>, seen::<9>, seen::<10>, seen::<11>, seen::<12>, seen::<13>, seen::<14>, seen::<15>,
];

fn unbroken<const RULE: usize>(_: &Fleet, world: &World) -> bool {
    world.broken != Some(Rule::ALL[RULE])
}

fn seen<const SIGHTING: usize>(_: &Fleet, world: &World) -> bool {
    world.seen.has(Sighting::ALL[SIGHTING])
}
