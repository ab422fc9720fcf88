//! Two goals that conflict, as a picture.

use super::{
    axis::{Axis, nice_steps},
    short,
    svg::Drawing,
};

/// What one setting comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The setting.
    pub label: String,
    /// How well it does by the first goal; less is better.
    pub across: f64,
    /// How well it does by the second; less is better.
    pub upwards: f64,
    /// Whether it is the one in use.
    pub is_chosen: bool,
}

/// A picture of what each setting comes to by two goals: what lies below and to
/// the left is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Frontier<'a> {
    /// What is shown.
    pub title: &'a str,
    /// The first goal.
    pub across: &'a str,
    /// The second.
    pub upwards: &'a str,
    /// Settings under one condition each, with its name, from one end of the
    /// frontier to the other.
    pub lines: Vec<(String, Vec<Point>)>,
}

const LEFT: f64 = 56.0;
const TOP: f64 = 56.0;
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 260.0;
const FOOT: f64 = 52.0;
const MARK: f64 = 7.0;

const STYLE: &str = "\
svg{--ink:#1f2328;--faint:#59636e;--ground:#ffffff;--rule:#d1d9e0;background:var(--ground)}\
@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#8b949e;--ground:#0d1117;--rule:#30363d}}\
text{font:12px system-ui,sans-serif;fill:var(--faint)}\
.title{font-size:15px;font-weight:600;fill:var(--ink)}\
.end{text-anchor:end}.middle{text-anchor:middle}.chosen{font-weight:600;fill:var(--ink)}\
.rule{fill:none;stroke:var(--rule)}\
.l0{fill:none;stroke:#2f81f7;stroke-width:1.5}.m0{fill:#2f81f7}\
.l1{fill:none;stroke:#d29922;stroke-width:1.5}.m1{fill:#d29922}";

impl Frontier<'_> {
    /// Draws it, as SVG that follows the reader's preference for light or
    /// dark.
    pub fn draw(&self) -> String {
        let largest = |of: fn(&Point) -> f64| {
            let points = self.lines.iter().flat_map(|(_, points)| points);
            let largest = points.map(of).fold(0.0, f64::max);
            if largest > 0.0 { largest * 1.05 } else { 1.0 }
        };
        let (widest, highest) = (
            largest(|point| point.across),
            largest(|point| point.upwards),
        );
        let across = Axis::new(widest, LEFT, LEFT + WIDTH);
        let upwards = Axis::new(highest, TOP + HEIGHT, TOP);
        let mut drawing = Drawing::new(LEFT + WIDTH + 40.0, TOP + HEIGHT + FOOT, STYLE);
        drawing.text(8.0, 22.0, "title", self.title);
        drawing.text(8.0, TOP - 12.0, "", self.upwards);
        let floor = TOP + HEIGHT;
        for value in nice_steps(highest, 5) {
            let y = upwards.at(value);
            drawing.line("rule", &[(LEFT, y), (LEFT + WIDTH, y)]);
            drawing.text(LEFT - 8.0, y + 4.0, "end", &short(value));
        }
        for value in nice_steps(widest, 8) {
            drawing.text(across.at(value), floor + 16.0, "middle", &short(value));
        }
        drawing.text(LEFT + WIDTH / 2.0, floor + 38.0, "middle", self.across);
        for (number, (name, points)) in self.lines.iter().enumerate() {
            let place = |point: &Point| (across.at(point.across), upwards.at(point.upwards));
            let places: Vec<_> = points.iter().map(place).collect();
            drawing.line(&format!("l{number}"), &places);
            for (point, (x, y)) in points.iter().zip(&places) {
                let size = if point.is_chosen { 2.0 * MARK } else { MARK };
                let (left, top) = (x - size / 2.0, y - size / 2.0);
                drawing.rectangle(&format!("m{number}"), left, top, size, size, 1.0);
                let class = if point.is_chosen { "chosen" } else { "" };
                drawing.text(x + size, y - size, class, &point.label);
            }
            if let Some((x, y)) = places.first() {
                drawing.text(x + 40.0, *y, "", name);
            }
        }
        drawing.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_its_place_and_the_chosen_one_stands_out() {
        let point = |label: &str, across, upwards, is_chosen| Point {
            label: label.to_owned(),
            across,
            upwards,
            is_chosen,
        };
        let drawn = Frontier {
            title: "A & B",
            across: "seconds",
            upwards: "percent",
            lines: vec![(
                "at 45 %".to_owned(),
                vec![point("2", 1.0, 100.0, false), point("11", 2.0, 0.0, true)],
            )],
        }
        .draw();
        assert!(
            drawn.contains("A &amp; B") && drawn.contains("at 45 %"),
            "{drawn}"
        );
        let chosen = drawn.matches("class=\"chosen\"").count();
        assert_eq!((chosen, drawn.matches("class=\"m0\"").count()), (1, 2));
        // The better a setting is by a goal, the nearer to the corner.
        let marks: Vec<f64> = drawn
            .lines()
            .filter(|line| line.contains("class=\"m0\""))
            .filter_map(|line| line.split("x=\"").nth(1)?.split('"').next()?.parse().ok())
            .collect();
        assert!(matches!(marks[..], [one, two] if one < two), "{marks:?}");
    }

    #[test]
    fn nothing_at_all_is_a_picture_too() {
        let empty = Frontier {
            title: "",
            across: "",
            upwards: "",
            lines: vec![],
        };
        assert!(!empty.draw().contains("NaN"));
    }
}
