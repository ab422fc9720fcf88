//! How far many runs have come, on standard error.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over so many runs; it shows nothing unless a person is watching.
pub(super) fn bar(runs: usize, name: &str) -> ProgressBar {
    let bar = ProgressBar::new(runs as u64);
    let shape = "{msg} {bar:30} {pos}/{len} runs, {elapsed} so far, {eta} to go";
    if let Ok(style) = ProgressStyle::with_template(shape) {
        bar.set_style(style);
    }
    bar.set_message(name.to_owned());
    bar
}
