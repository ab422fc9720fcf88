//! The processors that Lambda has, and how to tell for which of them a program is.

use anyhow::{Result, bail};

/// A processor that Lambda runs functions on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Architecture {
    /// Graviton: a fifth cheaper for the same time.
    Arm64,
    /// What this machine most likely is.
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// The processor's number in an ELF header (`EM_AARCH64`, `EM_X86_64`).
    fn machine(self) -> u16 {
        match self {
            Self::Arm64 => 183,
            Self::X86_64 => 62,
        }
    }

    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

impl std::fmt::Display for Architecture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        })
    }
}

/// # Errors
/// When the file is no Linux program of 64 bits for this processor.
pub(super) fn expect(wanted: Architecture, program: &[u8]) -> Result<()> {
    // The magic number, then class 2 (64 bits) and data 1 (the low byte first).
    let little_endian_64 = program.starts_with(b"\x7fELF\x02\x01");
    let machine = match program.get(18..20) {
        Some(&[low, high]) if little_endian_64 => u16::from_le_bytes([low, high]),
        _ => bail!("it is no 64-bit program for Linux"),
    };
    if machine != wanted.machine() {
        bail!("it is for ELF machine {machine}, not for {wanted}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(machine: u16) -> Vec<u8> {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.resize(18, 0);
        header.extend(machine.to_le_bytes());
        header
    }

    #[test]
    fn a_program_is_for_one_processor() {
        expect(Architecture::Arm64, &header(183)).unwrap();
        expect(Architecture::X86_64, &header(62)).unwrap();
        let error = expect(Architecture::Arm64, &header(62)).unwrap_err();
        assert_eq!(error.to_string(), "it is for ELF machine 62, not for arm64");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for text in [&b"#!/bin/sh\nexit 1, whatever happens\n"[..], b"\x7fELF"] {
            expect(Architecture::X86_64, text).unwrap_err();
        }
    }

    #[test]
    fn this_very_program_is_recognised() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let architecture = match std::env::consts::ARCH {
            "aarch64" => Architecture::Arm64,
            _ => Architecture::X86_64,
        };
        expect(architecture, &own).unwrap();
    }
}
