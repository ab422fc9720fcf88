//! Files and folders that are to be gone, whether or not they were there.

use std::io::{Error, ErrorKind};
use std::path::Path;

use anyhow::{Context, Result};

/// Removes a file, if it is there.
///
/// # Errors
/// When it is there and stays.
pub fn remove_file(path: &Path) -> Result<()> {
    gone(path, std::fs::remove_file(path))
}

/// Removes a folder with all that is in it, if it is there.
///
/// # Errors
/// When it is there and stays.
pub fn remove_folder(path: &Path) -> Result<()> {
    gone(path, std::fs::remove_dir_all(path))
}

fn gone(path: &Path, removed: Result<(), Error>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}
