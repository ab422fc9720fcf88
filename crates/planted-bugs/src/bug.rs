//! One bug, as a change of the breaker's text.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tooling::workspace::Workspace;

/// Where the bugs lie.
const BUGS: &str = "crates/planted-bugs/bugs";

/// What they are planted in.
pub(crate) const BREAKER: &str = "crates/breaker-core";

/// One bug.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bug {
    pub(crate) name: String,
    /// What the code does wrong.
    pub(crate) what: String,
    /// What comes of it.
    pub(crate) why: String,
    #[serde(rename = "edit")]
    edits: Vec<Edit>,
}

/// A text that occurs once in a file of the breaker, and what takes its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
    pub(crate) fn all(workspace: &Workspace) -> Result<Vec<Self>> {
        let folder = workspace.root().join(BUGS);
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
        let bug: Self = toml::from_str(&std::fs::read_to_string(file)?)?;
        if file
            .file_stem()
            .is_none_or(|stem| stem != bug.name.as_str())
        {
            bail!("the bug `{}` belongs in a file of that name", bug.name);
        }
        if bug.edits.is_empty() {
            bail!("it has no edit");
        }
        Ok(bug)
    }

    /// Changes the files in `breaker`, a folder with the breaker as it is.
    ///
    /// # Errors
    /// When a text to be replaced does not occur exactly once.
    pub(crate) fn plant(&self, breaker: &Path) -> Result<()> {
        for edit in &self.edits {
            let file = breaker.join(&edit.file);
            edit.make(&file)
                .with_context(|| format!("planting {} in {}", self.name, edit.file))?;
        }
        Ok(())
    }
}

impl Edit {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::copy_folder;
    use tooling::scratch::Scratch;

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
    fn a_file_that_is_no_bug_is_refused_with_the_reason() {
        let scratch = Scratch::new("planted-file");
        let file = scratch.path().join("a.toml");
        let head = "name = 'a'\nwhat = 'x'\nwhy = 'y'\n";
        let edit = "[[edit]]\nfile = 'lib.rs'\nfind = 'one'\nreplace = ''\n";
        for (text, expected) in [
            (format!("{head}{edit}more = 'z'\n"), "unknown field `more`"),
            (format!("when = 'z'\n{head}{edit}"), "unknown field `when`"),
            (head.to_owned(), "missing field `edit`"),
            (format!("edit = []\n{head}"), "it has no edit"),
            (
                format!("{head}{edit}").replace("name = 'a'", "name = 'b'"),
                "a file of that name",
            ),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = Bug::read(&file).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        std::fs::write(&file, format!("{head}{edit}")).unwrap();
        Bug::read(&file).unwrap();
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
