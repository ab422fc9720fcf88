//! Shares over two scales, as a picture.

use super::svg::Drawing;
use crate::units::number;

/// A picture of shares: a column for each range of one quantity, a row for
/// each of another.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap<'a> {
    /// What is shown.
    pub title: &'a str,
    /// What columns are.
    pub across: &'a str,
    /// What rows are.
    pub upwards: &'a str,
    /// Where columns begin, from left to right.
    pub columns: Vec<String>,
    /// Where rows begin, from below.
    pub rows: Vec<String>,
    /// By row and column: the share, and of how many; none where there is
    /// nothing.
    pub shares: Vec<Vec<Option<(f64, u64)>>>,
}

const LEFT: f64 = 92.0;
const TOP: f64 = 40.0;
const WIDTH: f64 = 56.0;
const HEIGHT: f64 = 34.0;
const FOOT: f64 = 52.0;
const GAP: f64 = 2.0;

/// Shares in tenths, from red over yellow to green; the words on them are dark
/// in either mode.
const STYLE: &str = "\
svg{--ink:#1f2328;--faint:#59636e;--ground:#ffffff;background:var(--ground)}\
@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#8b949e;--ground:#0d1117}}\
text{font:12px system-ui,sans-serif;fill:var(--faint)}\
.title{font-size:15px;font-weight:600;fill:var(--ink)}\
.end{text-anchor:end}.middle{text-anchor:middle}\
.share{text-anchor:middle;font-weight:600;fill:#1f2328}\
.of{text-anchor:middle;font-size:9px;fill:#1f2328}\
.s0{fill:#e5534b}.s1{fill:#e8694a}.s2{fill:#eb7f4a}.s3{fill:#ee954b}.s4{fill:#f0aa4f}\
.s5{fill:#f0bf58}.s6{fill:#e9cf66}.s7{fill:#cfd36d}.s8{fill:#acd372}.s9{fill:#85cf78}\
.s10{fill:#57c77e}";

impl HeatMap<'_> {
    /// Draws it, as SVG that follows the reader's preference for light or
    /// dark.
    pub fn draw(&self) -> String {
        let across = number(self.columns.len() as u64) * WIDTH;
        let upwards = number(self.rows.len() as u64) * HEIGHT;
        let mut drawing = Drawing::new(LEFT + across + 24.0, TOP + upwards + FOOT, STYLE);
        drawing.text(8.0, 22.0, "title", self.title);
        let left = |column: usize| LEFT + number(column as u64) * WIDTH;
        let top = |row: usize| TOP + upwards - number(row as u64 + 1) * HEIGHT;
        for (row, shares) in self.shares.iter().enumerate() {
            for (column, share) in shares.iter().enumerate() {
                if let Some((share, of)) = share {
                    square(&mut drawing, left(column), top(row), *share, *of);
                }
            }
        }
        for (row, words) in self.rows.iter().enumerate() {
            drawing.text(LEFT - 8.0, top(row) + HEIGHT, "end", words);
        }
        let floor = TOP + upwards;
        for (column, words) in self.columns.iter().enumerate() {
            drawing.text(left(column), floor + 16.0, "middle", words);
        }
        drawing.text(8.0, TOP - 4.0, "", self.upwards);
        drawing.text(LEFT + across / 2.0, floor + 38.0, "middle", self.across);
        drawing.finish()
    }
}

fn square(drawing: &mut Drawing, left: f64, top: f64, share: f64, of: u64) {
    let class = format!("s{:.0}", (share * 10.0).floor());
    drawing.rectangle(&class, left, top, WIDTH - GAP, HEIGHT - GAP, 1.0);
    let middle = left + (WIDTH - GAP) / 2.0;
    let percent = format!("{:.0} %", (share * 100.0).floor());
    drawing.text(middle, top + 15.0, "share", &percent);
    drawing.text(middle, top + 27.0, "of", &format!("of {of}"));
}
