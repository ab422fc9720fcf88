//! Counts allocations in the very programs that are deployed: a library is preloaded that
//! stands before glibc's allocator. No build of the functions knows of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::workspace::Workspace;

const SOURCE: &str = include_str!("allocations.c");

/// Where the library looks for the name of the file with its counts.
pub(super) const FILE_VARIABLE: &str = "COUNT_ALLOCATIONS";

/// How often memory was asked for, and how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Allocated {
    pub(super) times: u64,
    pub(super) bytes: u64,
}

/// Compiles the library into `folder`, with the compiler that links Rust's programs.
///
/// # Errors
/// When there is none, or it fails.
pub(super) fn library(
    workspace: &Workspace,
    folder: &Path,
    interrupt: &Interrupt,
) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).context("creating the folder of the counting library")?;
    let source = folder.join("allocations.c");
    let library = folder.join("liballocations.so");
    std::fs::write(&source, SOURCE).context("writing the counting library")?;
    Program::new("cc", folder, workspace.log("cc-allocations"))
        .args(["-O2", "-shared", "-fPIC", "-o"])
        .path_arg(&library)
        .path_arg(&source)
        .run(interrupt)?;
    Ok(library)
}

/// What the library has counted so far.
///
/// # Errors
/// When it has not been loaded.
pub(super) fn read(file: &Path) -> Result<Allocated> {
    let counts = std::fs::read(file).context("no allocations were counted")?;
    let number = |at: usize| {
        let bytes = counts
            .get(at..at + 8)
            .and_then(|eight| eight.try_into().ok());
        bytes.map(u64::from_ne_bytes).context("too few counts")
    };
    Ok(Allocated {
        times: number(0)?,
        bytes: number(8)?,
    })
}
