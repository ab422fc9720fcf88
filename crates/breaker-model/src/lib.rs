//! Every order of events in a small fleet.
//!
//! A test of a distributed protocol shows that some histories go well. A model
//! checker goes through *all* histories of a small world: every order in which
//! requests reach the store and answers reach the processes, with every answer
//! lost, every process crashed and every read stale, within bounds that a
//! [`Scope`] states.
//!
//! What is checked is not a description of the breaker but the breaker: each
//! environment runs a real [`Member`](breaker_core::member::Member), and the
//! store changes its record with the real
//! [`Record::apply`](breaker_core::Record::apply). The model adds what is
//! outside: calls and their results, the network, clocks, and crashes. The
//! [`Rule`]s are written from what the breaker promises and use none of its
//! code.
//!
//! A checker that finds nothing may be blind. So each rule has a world in which
//! it is broken on purpose ([`Store`], [`Driver`], a clock further off than
//! allowed), and [`Coverage`] shows that the worlds that hold do get to where
//! things could go wrong.

mod action;
mod check;
mod coverage;
mod drive;
mod environment;
mod fleet;
mod leases;
mod model;
mod operator;
mod request;
mod rule;
mod scope;
mod shared;
mod starting;
mod steps;
mod store;
mod wishes;
mod world;
mod writing;

pub use action::{Action, Ending, Seat, Wish};
pub use coverage::{Coverage, CoverageSet};
pub use environment::{Environment, Lane};
pub use fleet::Fleet;
pub use request::{Request, Stage};
pub use rule::Rule;
pub use scope::{Driver, Fault, Gate, Place, Scope, Start, TICK_MS, policy};
pub use shared::Shared;
pub use store::Store;
pub use wishes::Wishes;
pub use world::{Ledger, World};
