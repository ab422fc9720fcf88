//! Parts of logs, shown where something failed.

use std::path::Path;

/// How much of a log's end explains a failure.
const END: usize = 25;

/// How much of a part that was picked out is shown.
const PART: usize = 60;

/// Compilers and bundlers write lines that fill a screen.
const WIDTH: usize = 300;

/// A log without its colours; empty when there is none.
pub fn read(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    console::strip_ansi_codes(&String::from_utf8_lossy(&bytes)).into_owned()
}

/// The last lines of a log.
pub fn of_end(log: &Path) -> String {
    let text = read(log);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let shown = &lines[lines.len().saturating_sub(END)..];
    quoted(&format!("the end of {}:", log.display()), shown)
}

/// Lines that were picked out of a log.
pub fn of_part(log: &Path, lines: &[&str]) -> String {
    let shown = &lines[..lines.len().min(PART)];
    quoted(&format!("from {}:", log.display()), shown)
}

fn quoted(title: &str, lines: &[&str]) -> String {
    let mut quotation = title.to_owned();
    for line in lines {
        quotation.push_str("\n  | ");
        quotation.push_str(&console::truncate_str(line, WIDTH, "…"));
    }
    if lines.is_empty() {
        quotation.push_str(" (empty)");
    }
    quotation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_end_of_a_log_is_shown_without_colours_and_empty_lines() {
        let scratch = Scratch::new("quotation-end");
        let log = scratch.path().join("some.log");
        let lines: Vec<String> = (1..=100)
            .map(|number| format!("\u{1b}[31m{number}\u{1b}[0m\n"))
            .collect();
        std::fs::write(&log, lines.join("\n")).unwrap();
        let quotation = of_end(&log);
        assert!(quotation.starts_with(&format!("the end of {}:\n  | 76\n", log.display())));
        assert!(quotation.ends_with("  | 99\n  | 100"), "{quotation}");
    }

    #[test]
    fn a_log_that_is_not_there_is_empty() {
        assert_eq!(
            of_end(Path::new("/nowhere.log")),
            "the end of /nowhere.log: (empty)"
        );
    }
}
