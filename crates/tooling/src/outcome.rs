//! The exit code of a command, and the message when it fails.

use std::process::ExitCode;

use anyhow::Result;
use console::style;

use crate::interrupt::Interrupted;

/// What the shell calls a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// The exit code; an error is printed, with its causes.
pub fn exit_code(outcome: Result<ExitCode>) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("{}", style("interrupted").for_stderr().yellow());
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            eprintln!("\n{} {error:#}", style("error:").for_stderr().red().bold());
            ExitCode::FAILURE
        }
    }
}
