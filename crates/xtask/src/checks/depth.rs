//! How much the tests try.

use crate::program::Program;

/// Tests that take minutes and seldom find what others do not are run only if it is set, and
/// those that try random cases try more of them.
const THOROUGH: &str = "THOROUGH";

/// How much the tests try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What every change must pass.
    Normal,
    /// What is worth its time once a night.
    Thorough,
}

impl Depth {
    /// The program, which hands it on to the tests.
    pub(super) fn told_to(self, program: Program) -> Program {
        match self {
            Self::Normal => program,
            Self::Thorough => program.env(THOROUGH, "1"),
        }
    }
}
