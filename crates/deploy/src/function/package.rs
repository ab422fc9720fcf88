//! The new code.

use std::path::Path;

use anyhow::{Context, Result};
use aws_sdk_lambda::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A zip file, and the hash by which Lambda knows it.
pub(super) struct Package {
    content: Vec<u8>,
    pub(super) sha256: String,
}

impl Package {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let content = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self {
            sha256: STANDARD.encode(Sha256::digest(&content)),
            content,
        })
    }

    pub(super) fn size(&self) -> i64 {
        i64::try_from(self.content.len()).unwrap_or(i64::MAX)
    }

    pub(super) fn into_blob(self) -> Blob {
        Blob::new(self.content)
    }
}

/// As much of a hash as people compare.
pub(super) fn short(sha256: &str) -> &str {
    sha256.get(..8).unwrap_or(sha256)
}

pub(super) fn megabytes(bytes: i64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
