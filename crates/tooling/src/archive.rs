//! Zip files whose bytes follow from their content alone: entries in order of
//! their names, one time for all. What has not changed has the same hash, so a
//! deployment can tell, and so can whoever builds it again.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Who may do what with an unpacked file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everybody may run it: Lambda starts it as a user of its own.
    Executable,
    /// Everybody may read it.
    Plain,
}

impl Mode {
    fn bits(self) -> u32 {
        match self {
            Self::Executable => 0o755,
            Self::Plain => 0o644,
        }
    }
}

/// The content of an archive, by the entries' names.
#[derive(Debug, Default)]
pub struct Archive(BTreeMap<String, (Mode, Vec<u8>)>);

impl Archive {
    /// Puts a file in, or in place of one of the same name.
    pub fn add(&mut self, name: impl Into<String>, mode: Mode, content: Vec<u8>) {
        self.0.insert(name.into(), (mode, content));
    }

    /// Every file below a folder, as a plain one.
    ///
    /// # Errors
    /// When something cannot be read, or has a name that is not text.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let mut archive = Self::default();
        archive.add_folder(folder, "")?;
        Ok(archive)
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let reading = || format!("reading {}", folder.display());
        for entry in std::fs::read_dir(folder).with_context(reading)? {
            let entry = entry.with_context(reading)?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name
                .to_str()
                .with_context(|| format!("{} is not text", path.display()))?;
            let name = format!("{prefix}{name}");
            if path.is_dir() {
                self.add_folder(&path, &format!("{name}/"))?;
            } else {
                let content = std::fs::read(&path).with_context(reading)?;
                self.add(name, Mode::Plain, content);
            }
        }
        Ok(())
    }

    /// The bytes of the zip file.
    ///
    /// # Errors
    /// When the content is more than a zip file can hold.
    pub fn to_zip(&self) -> Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, (mode, content)) in &self.0 {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .compression_level(Some(9))
                .last_modified_time(DateTime::DEFAULT)
                .unix_permissions(mode.bits());
            zip.start_file(name.as_str(), options)?;
            zip.write_all(content)?;
        }
        Ok(zip.finish()?.into_inner())
    }
}

/// Writes a zip file with one program that Lambda starts.
///
/// # Errors
/// When it cannot be written.
pub fn write_zip(path: &Path, program: Vec<u8>) -> Result<()> {
    let mut archive = Archive::default();
    archive.add("bootstrap", Mode::Executable, program);
    std::fs::write(path, archive.to_zip()?).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use zip::ZipArchive;

    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_same_content_makes_the_same_bytes_whatever_the_order_and_the_files_times() {
        let scratch = Scratch::new("archive-same");
        let folder = |name: &str, files: [&str; 2]| {
            let folder = scratch.path().join(name);
            std::fs::create_dir_all(folder.join("assets")).unwrap();
            for file in files {
                std::fs::write(folder.join(file), file.repeat(100)).unwrap();
            }
            folder
        };
        let one = folder("one", ["index.html", "assets/a.js"]);
        let other = folder("other", ["assets/a.js", "index.html"]);
        let old = std::fs::File::open(one.join("index.html")).unwrap();
        old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        let zip = |folder| Archive::of_folder(folder).unwrap().to_zip().unwrap();
        assert_eq!(zip(&one), zip(&other));
    }

    #[test]
    fn what_was_put_in_comes_out_with_its_mode_and_in_order() {
        let mut archive = Archive::default();
        archive.add("notes/b.txt", Mode::Plain, b"text".to_vec());
        archive.add("bootstrap", Mode::Executable, vec![7; 1000]);
        let zip = archive.to_zip().unwrap();
        assert!(zip.len() < 600, "{} bytes", zip.len());
        let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
        let names: Vec<_> = zip
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        assert_eq!(names, ["bootstrap", "notes/b.txt"]);
        let mut bootstrap = zip.by_name("bootstrap").unwrap();
        assert_eq!(bootstrap.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut content = Vec::new();
        bootstrap.read_to_end(&mut content).unwrap();
        assert_eq!(content, vec![7; 1000]);
    }
}
