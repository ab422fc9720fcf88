//! Just enough SVG.

use std::fmt::Write as _;

/// A drawing in the making.
#[derive(Debug)]
pub(super) struct Drawing(String);

impl Drawing {
    pub(super) fn new(width: f64, height: f64, style: &str) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\">\n<style>{style}</style>\n\
             <rect width=\"100%\" height=\"100%\" style=\"fill:var(--ground)\"/>\n"
        ))
    }

    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, words: &str) {
        let words = words
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let _ = writeln!(
            self.0,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{words}</text>"
        );
    }

    pub(super) fn rectangle(
        &mut self,
        class: &str,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        opacity: f64,
    ) {
        let _ = writeln!(
            self.0,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\" opacity=\"{opacity:.2}\"/>"
        );
    }

    pub(super) fn line(&mut self, class: &str, points: &[(f64, f64)]) {
        let points = listed(points.iter());
        let _ = writeln!(self.0, "<polyline class=\"{class}\" points=\"{points}\"/>");
    }

    /// What lies between two lines.
    pub(super) fn area(&mut self, class: &str, upper: &[(f64, f64)], lower: &[(f64, f64)]) {
        let points = listed(upper.iter().chain(lower.iter().rev()));
        let _ = writeln!(self.0, "<polygon class=\"{class}\" points=\"{points}\"/>");
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

fn listed<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> String {
    let mut text = String::new();
    for (x, y) in points {
        let _ = write!(text, "{x:.1},{y:.1} ");
    }
    text
}
