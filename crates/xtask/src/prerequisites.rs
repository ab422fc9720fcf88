//! What has to be on the machine before anything can be prepared.
//!
//! Everything that is missing is told at once, each with what to do.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process::is_root;

/// A program that is needed, and the check that it is good enough.
struct Prerequisite {
    name: &'static str,
    command: &'static [&'static str],
    /// The least version that will do.
    least: &'static [u32],
    what_to_do: &'static str,
}

/// Asks Python for its version and for the modules that `python3 -m venv` needs.
const PYTHON: &str = "import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:3])))";

/// Needed by root alone.
const SETPRIV: Prerequisite = Prerequisite {
    name: "setpriv",
    command: &["setpriv", "--version"],
    least: &[2, 33],
    what_to_do: "PostgreSQL refuses to run as root, so it has to be started by setpriv: install \
                 util-linux 2.33 or newer, or run this as another user",
};

const NEEDED: &[Prerequisite] = &[
    Prerequisite {
        name: "python3 with venv",
        command: &["python3", "-c", PYTHON],
        least: &[3, 11],
        what_to_do: "install Python 3.11 or newer with its venv module \
                     (Debian, Ubuntu: `apt-get install python3-venv`; macOS: `brew install python`)",
    },
    Prerequisite {
        name: "node",
        command: &["node", "--version"],
        least: &[20, 19],
        what_to_do: "install Node.js 20.19 or newer (nodejs.org, or `nvm install 20`)",
    },
    Prerequisite {
        name: "npm",
        command: &["npm", "--version"],
        least: &[9],
        what_to_do: "install npm 9 or newer; it comes with Node.js",
    },
    Prerequisite {
        name: "cargo",
        command: &["cargo", "--version"],
        least: &[1, 95],
        what_to_do: "install Rust from rustup.rs; it reads rust-toolchain.toml",
    },
];

/// # Errors
/// Names everything that is missing or too old.
pub(crate) fn check() -> Result<()> {
    let as_root = is_root().then_some(&SETPRIV);
    let missing: Vec<String> = NEEDED.iter().chain(as_root).filter_map(complaint).collect();
    if !missing.is_empty() {
        bail!(
            "something is missing on this machine:\n{}",
            missing.join("\n")
        );
    }
    Ok(())
}

fn complaint(needed: &Prerequisite) -> Option<String> {
    let found = answer(needed.command);
    let problem = match found.as_deref().map(version) {
        None => "not found, or does not work".to_owned(),
        Some(None) => "does not tell its version".to_owned(),
        Some(Some(version)) if version.as_slice() < needed.least => {
            format!("{} is too old", dotted(&version))
        }
        Some(Some(_)) => return None,
    };
    Some(format!(
        "  - {}: {problem}; {}",
        needed.name, needed.what_to_do
    ))
}

fn answer(command: &[&str]) -> Option<String> {
    let (program, args) = command.split_first()?;
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first word that reads like a version: `v20.20.2`, `cargo 1.95.0 (f2d3ce0bd)`.
fn version(text: &str) -> Option<Vec<u32>> {
    text.split_ascii_whitespace().find_map(|word| {
        let numbers = word.trim_start_matches('v').split('-').next()?;
        numbers
            .split('.')
            .map(|number| number.parse().ok())
            .collect()
    })
}

fn dotted(version: &[u32]) -> String {
    version
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(command: &'static [&'static str], least: &'static [u32]) -> Prerequisite {
        Prerequisite {
            name: "thing",
            command,
            least,
            what_to_do: "install it",
        }
    }

    #[test]
    fn versions_are_found_in_what_programs_print() {
        assert_eq!(version("v20.20.2\n"), Some(vec![20, 20, 2]));
        assert_eq!(
            version("cargo 1.95.0 (f2d3ce0bd 2026-03-21)"),
            Some(vec![1, 95, 0])
        );
        assert_eq!(version("cargo 1.96.0-nightly"), Some(vec![1, 96, 0]));
        assert_eq!(
            version("setpriv from util-linux 2.38.1"),
            Some(vec![2, 38, 1])
        );
        assert_eq!(version("no idea"), None);
    }

    #[test]
    fn what_is_missing_is_told_with_what_to_do() {
        let told = complaint(&needed(&["no-such-program-anywhere"], &[1])).unwrap();
        assert_eq!(told, "  - thing: not found, or does not work; install it");
    }

    #[test]
    fn what_is_too_old_is_told_with_its_version() {
        let told = complaint(&needed(&["echo", "v3.9.2"], &[3, 11])).unwrap();
        assert_eq!(told, "  - thing: 3.9.2 is too old; install it");
    }

    #[test]
    fn what_is_new_enough_is_not_told() {
        assert_eq!(complaint(&needed(&["echo", "v3.11.0"], &[3, 11])), None);
        assert_eq!(complaint(&needed(&["echo", "v4"], &[3, 11])), None);
    }
}
