//! Conditions that no hand has picked.
//!
//! A [`Cell`] is drawn from a seed and its number: a fleet, its traffic, the
//! usual errors of its dependency, an event, what the store does meanwhile.
//! Every kind of breaker runs it with the same seed, and the
//! [rules](crate::judge) judge it. [`Tally`] says in which share of cells
//! each rule holds.
//!
//! The axes: 1 to 10,000 environments and 0.003 to 1,000 calls a second of
//! each, both log-uniform and drawn again while the fleet would have more than
//! 5,000 calls a second; 0.1, 5 or 20 % of calls that fail as usual; an
//! [`Event`]; a [store](StoreCondition) that is well, slow, throttled or away
//! while the event lasts; frozen environments or not; clocks that are off by
//! up to 0, 50 or 500 ms. A run has about 400,000 calls at most, 650,000 in the
//! busiest fleets, whose events are as much shorter; a quiet fleet is given the
//! hours that it needs for a hundred calls and more.

mod cell;
mod event;
mod map;
mod measure;
mod page;
mod tally;
mod timing;
mod worst;

pub use self::{
    cell::{Cell, StoreCondition},
    event::Event,
    measure::{Judged, judge_all},
    page::{File, files},
    tally::Tally,
};
