//! Tells the story, in colour where there is a terminal to show it.

use std::io::{Stdout, Write};

use anyhow::Result;
use console::{Alignment, Style, measure_text_width, pad_str};

use super::caller::Call;
use super::observations::Observation;

/// Writes the story to standard output.
pub(crate) struct Narrator {
    out: Stdout,
    colour: bool,
}

impl Narrator {
    /// `NO_COLOR` is respected.
    pub(crate) fn to_stdout() -> Self {
        Self {
            out: std::io::stdout(),
            colour: console::colors_enabled(),
        }
    }

    fn style(&self) -> Style {
        Style::new().force_styling(self.colour)
    }

    /// # Errors
    /// When it cannot be written.
    pub(crate) fn line(&self, line: &str) -> Result<()> {
        let mut out = self.out.lock();
        writeln!(out, "{line}")?;
        Ok(out.flush()?)
    }

    pub(crate) fn scene(&self, title: &str) -> Result<()> {
        self.line(&format!("\n{}", self.style().bold().apply_to(title)))
    }

    pub(crate) fn remark(&self, remark: &str) -> Result<()> {
        self.line(&format!("  {remark}"))
    }

    /// One call on one line: what, status, source, time, attempts.
    pub(crate) fn call(&self, call: &Call) -> Result<()> {
        let status = call.status();
        let style = if status < 400 {
            self.style().green()
        } else {
            self.style().yellow()
        };
        let source = match (call.source(), call.is_degraded(), call.retry_after_s()) {
            (Some(source), true, _) => format!("{source}, degraded"),
            (Some(source), false, _) => source.to_owned(),
            (None, _, Some(wait)) => format!("Retry-After: {wait}"),
            (None, _, None) => String::new(),
        };
        let request = pad_str(&call.request, 48, Alignment::Left, Some("…"));
        let source = pad_str(&source, 20, Alignment::Left, None);
        let took = format!("{} ms", call.took().as_millis());
        let attempts = call.attempts().join(" → ");
        let attempts = self.style().dim().apply_to(attempts);
        let line = format!(
            "  {request} {} {source} {took:>8}  {attempts}",
            style.apply_to(status)
        );
        self.line(line.trim_end())
    }

    /// The table at the end.
    pub(crate) fn table(&self, rows: &[Observation]) -> Result<()> {
        let header = ["observation", "expected", "seen"];
        let cells = |row: &Observation| [row.what.clone(), row.expected.clone(), row.seen.clone()];
        let lines: Vec<[String; 3]> = rows.iter().map(cells).collect();
        let width = |column: usize| {
            let cells = lines.iter().map(|line| measure_text_width(&line[column]));
            cells
                .chain([measure_text_width(header[column])])
                .max()
                .unwrap_or_default()
        };
        let widths = [width(0), width(1), width(2)];
        let laid_out = |cells: [&str; 3]| {
            let padded = cells.iter().zip(widths);
            let padded = padded.map(|(cell, width)| pad_str(cell, width, Alignment::Left, None));
            padded.collect::<Vec<_>>().join("  ")
        };
        self.line(&format!(
            "\n    {}",
            self.style().bold().apply_to(laid_out(header))
        ))?;
        for (row, [what, expected, seen]) in rows.iter().zip(&lines) {
            let mark = if row.held {
                self.style().green().apply_to("✓")
            } else {
                self.style().red().bold().apply_to("✗")
            };
            self.line(&format!(
                "  {mark} {}",
                laid_out([what, expected, seen]).trim_end()
            ))?;
        }
        Ok(())
    }
}
