//! The kinds of breakers that can be simulated.
//!
//! [`fleet`] is `breaker-core` itself. The others are models of what else
//! exists, written from its sources; where something was not modelled, the
//! peer was given the benefit.

pub mod fleet;
pub mod none;
pub mod per_environment;
pub mod shared_counter;
