//! Runs whole fleets of breakers against a simulated DynamoDB.
//!
//! A breaker that thousands of environments share cannot be judged by one of
//! them, and trying it out for real takes hours, money and an outage. Here a
//! fleet of any size lives through hours in seconds: by events, with
//! [`breaker_core`]'s own code in every environment, and with the same result
//! each time for the same seed.
//!
//! What is simulated: calls as a Poisson process over the fleet; environments
//! with one call at a time, clocks that are off, and sudden ends; a dependency
//! with latency and failures by a timeline; DynamoDB with latency, stale reads,
//! throttling by partition limits, lost answers, faults and prices. What is
//! not: scaling of the fleet with its load, cold starts' delays, and the SDK's
//! connections.
//!
//! [`Scenario`](scenario::Scenario) says what is run, [`run`](run::run) runs
//! it, [`Figures`](figures::Figures) say what came of it.

pub mod breakers;
mod engine;
pub mod figures;
pub mod fuzz;
pub mod grid;
pub mod judge;
mod ledger;
pub mod process;
mod random;
pub mod report;
pub mod run;
pub mod scenario;
pub mod store;
pub mod sweep;
pub mod tables;
pub mod trace;
pub mod units;
pub mod watch;
