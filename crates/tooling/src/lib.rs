//! What `cargo xtask` and the programs that it runs share, so that nothing is written twice:
//! running other programs with a log, steps and their progress, interrupts, waiting with a
//! bound, where things lie in the repository, and where the running stack is.
//!
//! Everybody who runs `cargo xtask` compiles this first, so it has few dependencies and knows
//! no other crate of the workspace.

pub mod archive;
pub mod cargo;
pub mod disk;
pub mod functions;
pub mod http;
pub mod interrupt;
pub mod measured;
pub mod outcome;
pub mod process;
pub mod program;
pub mod progress;
pub mod quotation;
pub mod random;
pub mod scratch;
pub mod servers;
pub mod stack;
pub mod tally;
pub mod tools;
pub mod waiting;
pub mod workspace;
pub mod xtask;
