//! One bug, as a change of the breaker's text.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use super::notation::{self, Table};
use crate::workspace::Workspace;

/// Where the bugs lie, and what they are planted in.
pub(super) const BREAKER: &str = "crates/breaker-core";

/// One bug.
#[derive(Debug)]
pub(super) struct Bug {
    pub(super) name: String,
    /// What the code does wrong.
    pub(super) what: String,
    /// What comes of it.
    pub(super) why: String,
    edits: Vec<Edit>,
}

/// A text that occurs once in a file of the breaker, and what takes its place.
#[derive(Debug)]
struct Edit {
    file: String,
    find: String,
    replace: String,
}

impl Bug {
    /// Every bug, by name.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn all(workspace: &Workspace) -> Result<Vec<Self>> {
        let folder = workspace.root().join(BREAKER).join("planted");
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("listing {}", folder.display()))?
            .collect::<Result<Vec<_>, _>>()?;
        let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        files.sort();
        files
            .iter()
            .map(|file| Self::read(file).with_context(|| format!("reading {}", file.display())))
            .collect()
    }

    fn read(file: &Path) -> Result<Self> {
        let mut document = notation::read(&std::fs::read_to_string(file)?)?;
        let bug = Self {
            name: take(&mut document.values, "name")?,
            what: take(&mut document.values, "what")?,
            why: take(&mut document.values, "why")?,
            edits: document
                .edits
                .iter_mut()
                .map(Edit::of)
                .collect::<Result<_>>()?,
        };
        if let Some(key) = document.values.keys().next() {
            bail!("`{key}` is no key of a bug");
        }
        if file
            .file_stem()
            .is_none_or(|stem| stem != bug.name.as_str())
        {
            bail!("the bug `{}` belongs in a file of that name", bug.name);
        }
        if bug.edits.is_empty() {
            bail!("it has no [[edit]]");
        }
        Ok(bug)
    }

    /// Changes the files in `breaker`, a folder with the breaker as it is.
    ///
    /// # Errors
    /// When a text to be replaced does not occur exactly once.
    pub(super) fn plant(&self, breaker: &Path) -> Result<()> {
        for edit in &self.edits {
            let file = breaker.join(&edit.file);
            edit.make(&file)
                .with_context(|| format!("planting {} in {}", self.name, edit.file))?;
        }
        Ok(())
    }
}

impl Edit {
    fn of(values: &mut Table) -> Result<Self> {
        let edit = Self {
            file: take(values, "file")?,
            find: take(values, "find")?,
            replace: take(values, "replace")?,
        };
        match values.keys().next() {
            None => Ok(edit),
            Some(key) => bail!("`{key}` is no key of an edit"),
        }
    }

    fn make(&self, file: &Path) -> Result<()> {
        let text = std::fs::read_to_string(file)?;
        let found = text.matches(&self.find).count();
        if found != 1 {
            bail!("this must occur once, not {found} times:\n{}", self.find);
        }
        Ok(std::fs::write(
            file,
            text.replace(&self.find, &self.replace),
        )?)
    }
}

fn take(values: &mut Table, key: &str) -> Result<String> {
    values
        .remove(key)
        .ok_or_else(|| anyhow!("`{key}` is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted::replica::copy_folder;
    use crate::scratch::Scratch;

    #[test]
    fn every_bug_can_be_planted_in_the_breaker_as_it_is() {
        let workspace = Workspace::find();
        let bugs = Bug::all(&workspace).unwrap();
        assert!(bugs.len() >= 20);
        let scratch = Scratch::new("planted-all");
        let source = workspace.root().join(BREAKER).join("src");
        for bug in bugs {
            let text_of = |folder: &Path| {
                let files = bug.edits.iter().map(|edit| folder.join(&edit.file));
                files
                    .map(|file| std::fs::read_to_string(file).unwrap())
                    .collect::<Vec<_>>()
            };
            copy_folder(&source, &scratch.path().join("src")).unwrap();
            // Each text occurs once before anything is changed, too.
            for (edit, text) in bug.edits.iter().zip(text_of(scratch.path())) {
                assert_eq!(
                    text.matches(&edit.find).count(),
                    1,
                    "{}: {}",
                    bug.name,
                    edit.find
                );
            }
            let before = text_of(scratch.path());
            bug.plant(scratch.path()).unwrap();
            assert_ne!(
                text_of(scratch.path()),
                before,
                "{} changes nothing",
                bug.name
            );
        }
    }

    #[test]
    fn a_text_that_does_not_occur_exactly_once_is_not_replaced() {
        let scratch = Scratch::new("planted-twice");
        let file = scratch.path().join("lib.rs");
        std::fs::write(&file, "one two two").unwrap();
        let edit = |find: &str| Edit {
            file: "lib.rs".to_owned(),
            find: find.to_owned(),
            replace: String::new(),
        };
        for (find, times) in [("two", "2 times"), ("three", "0 times")] {
            let error = edit(find).make(&file).unwrap_err().to_string();
            assert!(error.contains(times), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one two two");
    }
}
