//! The pages of `docs/measured`, each figure with where it comes from.
//!
//! What was measured carries the commit, the command and a checksum of `breaker-core`'s sources.
//! A later look tells which figures are of other sources than those that are there now.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Where the pages are.
pub const FOLDER: &str = "docs/measured";

/// The page about the running system, with a section for each program that measures it.
pub const SYSTEM: &str = "docs/measured/system.md";

const HEAD: &str =
    "# The system, measured\n\nEach section is written by the command that it names.\n";

/// How a line begins that says where figures come from.
const ORIGIN: &str = "*Measured at commit ";
const SOURCES: &str = "breaker-core's sources ";

/// Writes `text`, which begins with its title, as a page of its own.
///
/// # Errors
/// When the page cannot be written, or the sources not be read.
pub fn write_page(workspace: &Workspace, page: &str, command: &str, text: &str) -> Result<()> {
    let (title, body) = split_title(text);
    let origin = origin(workspace, command)?;
    let path = workspace.root().join(page);
    fs::write(&path, format!("# {title}\n\n{origin}\n\n{body}"))
        .with_context(|| format!("writing {}", path.display()))
}

/// Writes `text`, which begins with its title, as a section of the page about the system, in
/// the place of the one with the same title.
///
/// # Errors
/// When the page cannot be read or written, or the sources not be read.
pub fn write_section(workspace: &Workspace, command: &str, text: &str) -> Result<()> {
    let (title, body) = split_title(text);
    let origin = origin(workspace, command)?;
    let path = workspace.root().join(SYSTEM);
    let before = fs::read_to_string(&path).unwrap_or_else(|_| HEAD.to_owned());
    // Its own headings are one level below.
    let body = format!("\n{}", body.trim_end()).replace("\n## ", "\n### ");
    let section = format!("## {title}\n\n{origin}\n{body}\n");
    fs::write(&path, with_section(&before, title, &section))
        .with_context(|| format!("writing {}", path.display()))
}

/// The section of that title in the page about the system; empty if there is none.
///
/// # Errors
/// When the page cannot be read.
pub fn section(workspace: &Workspace, title: &str) -> Result<String> {
    let path = workspace.root().join(SYSTEM);
    let page = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let found = sections(&page).1.into_iter().find(|one| is_of(one, title));
    Ok(found.unwrap_or_default().to_owned())
}

/// The pages whose figures, some or all, are of other sources than the ones here.
///
/// # Errors
/// When the pages or the sources cannot be read.
pub fn outdated(workspace: &Workspace) -> Result<Vec<String>> {
    let sources = checksum(workspace)?;
    let folder = workspace.root().join(FOLDER);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let page = fs::read_to_string(&path).unwrap_or_default();
        let lines = page.lines().filter(|line| line.starts_with(ORIGIN));
        let others = lines.filter(|line| !line.contains(&format!("{SOURCES}`{sources}`")));
        if others.count() > 0 {
            names.extend(
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

fn split_title(text: &str) -> (&str, &str) {
    let (title, body) = text.split_once('\n').unwrap_or((text, ""));
    (title.trim_start_matches('#').trim(), body.trim_start())
}

fn is_of(section: &str, title: &str) -> bool {
    section.lines().next() == Some(&format!("## {title}"))
}

/// What stands before the sections, and the sections.
fn sections(page: &str) -> (&str, Vec<&str>) {
    let mut starts: Vec<usize> = page.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    let head = &page[..starts.first().copied().unwrap_or(page.len())];
    starts.push(page.len());
    let sections = starts.windows(2).map(|pair| &page[pair[0]..pair[1]]);
    (head, sections.collect())
}

fn with_section(page: &str, title: &str, section: &str) -> String {
    let (head, mut all) = sections(page);
    match all.iter_mut().find(|one| is_of(one, title)) {
        Some(place) => *place = section,
        None => all.push(section),
    }
    let texts = std::iter::once(head).chain(all).map(str::trim_end);
    format!("{}\n", texts.collect::<Vec<_>>().join("\n\n"))
}

fn origin(workspace: &Workspace, command: &str) -> Result<String> {
    let commit = git(workspace, &["rev-parse", "--short", "HEAD"]);
    let changes = git(workspace, &["status", "--porcelain", "--", ":!docs"]);
    let besides = if changes.is_some_and(|changes| !changes.is_empty()) {
        " with changes"
    } else {
        ""
    };
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    let sources = checksum(workspace)?;
    Ok(format!(
        "{ORIGIN}`{commit}`{besides}, {SOURCES}`{sources}`, by `{command}`.*"
    ))
}

/// What Git says; nothing where there is no repository.
fn git(workspace: &Workspace, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(workspace.root())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Of every file of breaker-core, its tests apart.
fn checksum(workspace: &Workspace) -> Result<String> {
    let root = workspace.root().join("crates/breaker-core/src");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut sum = crc32fast::Hasher::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file);
        sum.update(name.to_string_lossy().as_bytes());
        let text = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        sum.update(&text);
    }
    Ok(format!("{:08x}", sum.finalize()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default();
        if stem == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn workspace(scratch: &Scratch) -> Workspace {
        let root = scratch.path();
        fs::create_dir_all(root.join(FOLDER)).unwrap();
        fs::create_dir_all(root.join("crates/breaker-core/src")).unwrap();
        fs::write(root.join("crates/breaker-core/src/lib.rs"), "mod gate;\n").unwrap();
        Workspace::at(root)
    }

    #[test]
    fn a_section_takes_the_place_of_the_one_with_its_title() {
        let scratch = Scratch::new("measured-sections");
        let workspace = workspace(&scratch);
        for (title, body) in [
            ("Drill", "7 s"),
            ("Drill at night", "8 s"),
            ("Drill", "9 s"),
        ] {
            let text = format!("# {title}\n\n{body}\n");
            write_section(&workspace, "cargo xtask drill", &text).unwrap();
        }
        let page = fs::read_to_string(workspace.root().join(SYSTEM)).unwrap();
        let titles: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(titles, ["## Drill", "## Drill at night"]);
        assert!(
            !page.contains("7 s") && page.contains("8 s") && page.ends_with("8 s\n"),
            "{page}"
        );
        assert!(section(&workspace, "Drill").unwrap().contains("9 s"));
        assert!(page.contains("by `cargo xtask drill`.*"), "{page}");
    }

    #[test]
    fn a_page_is_outdated_once_the_sources_have_changed() {
        let scratch = Scratch::new("measured-outdated");
        let workspace = workspace(&scratch);
        write_page(
            &workspace,
            "docs/measured/peers.md",
            "peers",
            "# Peers\n\nwell\n",
        )
        .unwrap();
        fs::write(
            workspace.root().join("docs/measured/README.md"),
            "# Measured\n",
        )
        .unwrap();
        assert_eq!(outdated(&workspace).unwrap(), Vec::<String>::new());
        let sources = workspace.root().join("crates/breaker-core/src");
        fs::write(sources.join("tests.rs"), "fn tests() {}\n").unwrap();
        assert_eq!(outdated(&workspace).unwrap(), Vec::<String>::new());
        fs::write(sources.join("gate.rs"), "fn passes() {}\n").unwrap();
        assert_eq!(outdated(&workspace).unwrap(), ["peers.md"]);
    }
}
