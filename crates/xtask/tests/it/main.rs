//! What holds for the workspace as a whole.
#![allow(clippy::unwrap_used, reason = "a panic is how a test says no")]

mod dependencies;
mod logs;
