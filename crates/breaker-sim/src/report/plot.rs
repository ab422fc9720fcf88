//! What happened when, as a picture.
//!
//! Each run is a panel: calls a second above, the store's reads and writes
//! below, and between them a ribbon of where the circuit stood. The
//! dependency's troubles lie behind all of it. The picture follows the
//! reader's preference for light or dark.

use super::{
    axis::{Axis, nice_steps},
    svg::Drawing,
};
use crate::{
    process::CircuitState,
    scenario::{FaultKind, Scenario},
    trace::{Second, Trace},
    units::number,
};

/// One run in a picture.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// What is run.
    pub title: &'a str,
    /// What happened.
    pub trace: &'a Trace,
}

const WIDTH: f64 = 960.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TITLE: f64 = 62.0;
const LEGEND: f64 = 46.0;
const FOOT: f64 = 36.0;

const PANEL_TITLE: f64 = 22.0;
const CALLS: f64 = 130.0;
const RIBBON: f64 = 12.0;
const STORE: f64 = 56.0;
const GAP: f64 = 8.0;
const PANEL: f64 = PANEL_TITLE + CALLS + GAP + RIBBON + GAP + STORE + 22.0;

/// More columns than this cannot be told apart.
const COLUMNS: usize = 440;

const STYLE: &str = "\
svg{--ink:#1f2328;--faint:#6e7781;--line:#d0d7de;--ground:#ffffff;\
--admitted:#2da44e;--rejected:#bf8700;--failed:#cf222e;--reads:#0969da;--writes:#8250df;\
--outage:#cf222e;--closed:#2da44e;--open:#cf222e;--half:#bf8700;background:var(--ground)}\
@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#8b949e;--line:#30363d;\
--ground:#0d1117;--admitted:#3fb950;--rejected:#d29922;--failed:#f85149;--reads:#58a6ff;\
--writes:#bc8cff;--outage:#f85149;--closed:#3fb950;--open:#f85149;--half:#d29922}}\
text{font:12px system-ui,sans-serif;fill:var(--faint)}\
.title{font-size:15px;font-weight:600;fill:var(--ink)}\
.panel{font-size:13px;font-weight:600;fill:var(--ink)}\
.end{text-anchor:end}.middle{text-anchor:middle}\
.grid{stroke:var(--line);stroke-width:1;fill:none}\
.admitted{fill:var(--admitted);fill-opacity:.30;stroke:var(--admitted);stroke-width:1}\
.rejected{fill:var(--rejected);fill-opacity:.30;stroke:var(--rejected);stroke-width:1}\
.failed{fill:none;stroke:var(--failed);stroke-width:1.6;stroke-linejoin:round}\
.reads{fill:none;stroke:var(--reads);stroke-width:1.4;stroke-linejoin:round}\
.writes{fill:none;stroke:var(--writes);stroke-width:1.4;stroke-linejoin:round}\
.refused{fill:none;stroke:var(--failed);stroke-width:1.2;stroke-dasharray:3 2}\
.outage{fill:var(--outage)}.fault{fill:var(--faint)}\
.closed{fill:var(--closed)}.open{fill:var(--open)}.half{fill:var(--half)}\
.key{stroke:none;fill-opacity:1}";

/// Draws runs of a scenario below one another, as SVG.
pub fn plot(scenario: &Scenario, panels: &[Panel<'_>]) -> String {
    let height = TITLE + PANEL * number(panels.len() as u64) + FOOT;
    let mut drawing = Drawing::new(WIDTH, height, STYLE);
    drawing.text(LEFT, 22.0, "title", &scenario.name);
    legend(&mut drawing);
    let time = Axis::new(scenario.duration_s, LEFT, WIDTH - RIGHT);
    let mut top = TITLE;
    for panel in panels {
        draw_panel(&mut drawing, scenario, *panel, &time, top);
        top += PANEL;
    }
    let foot = top + 2.0;
    for seconds in nice_steps(scenario.duration_s, 10) {
        let is_last = time.at(seconds) > WIDTH - RIGHT - 16.0;
        let class = if is_last { "end" } else { "middle" };
        let x = time.at(seconds) + if is_last { RIGHT - 2.0 } else { 0.0 };
        drawing.text(x, foot + 10.0, class, &spoken(seconds));
    }
    drawing.finish()
}

fn legend(drawing: &mut Drawing) {
    let entries = [
        ("admitted", "admitted"),
        ("rejected", "rejected"),
        ("failed", "failed"),
        ("reads", "store reads"),
        ("writes", "store writes"),
        ("closed", "closed"),
        ("half", "half open"),
        ("open", "open"),
    ];
    let mut x = LEFT;
    for (class, words) in entries {
        match class {
            "failed" | "reads" | "writes" => {
                drawing.line(class, &[(x, LEGEND - 4.0), (x + 10.0, LEGEND - 4.0)]);
            }
            "closed" | "half" | "open" => {
                drawing.rectangle(class, x, LEGEND - 6.0, 10.0, 5.0, 1.0);
            }
            _ => drawing.rectangle(class, x, LEGEND - 9.0, 10.0, 10.0, 1.0),
        }
        drawing.text(x + 14.0, LEGEND, "", words);
        x += 6.6 * number(words.len() as u64) + 36.0;
    }
}

fn draw_panel(drawing: &mut Drawing, scenario: &Scenario, panel: Panel<'_>, time: &Axis, top: f64) {
    let calls_top = top + PANEL_TITLE;
    let ribbon_top = calls_top + CALLS + GAP;
    let store_top = ribbon_top + RIBBON + GAP;
    let bottom = store_top + STORE;
    background(drawing, scenario, time, calls_top, bottom);
    drawing.text(LEFT, top + 14.0, "panel", panel.title);
    let (columns, seconds_each) = columns_of(panel.trace);
    let rate = |count: fn(&Second) -> u32| -> Vec<f64> {
        let rate = |column: &Second| f64::from(count(column)) / seconds_each;
        columns.iter().map(rate).collect()
    };
    let x = |index: usize| time.at((number(index as u64) + 0.5) * seconds_each);
    let admitted = rate(|second| second.admitted);
    let rejected = rate(|second| second.rejected);
    let total: Vec<f64> = admitted
        .iter()
        .zip(&rejected)
        .map(|(admitted, rejected)| admitted + rejected)
        .collect();
    let calls = value_axis(drawing, &[&total], calls_top, CALLS);
    let points = |axis: &Axis, values: &[f64]| -> Vec<(f64, f64)> {
        let points = values.iter().enumerate();
        points
            .map(|(index, value)| (x(index), axis.at(*value)))
            .collect()
    };
    let floor = vec![0.0; total.len()];
    drawing.area(
        "admitted",
        &points(&calls, &admitted),
        &points(&calls, &floor),
    );
    drawing.area(
        "rejected",
        &points(&calls, &total),
        &points(&calls, &admitted),
    );
    drawing.line("failed", &points(&calls, &rate(|second| second.failed)));
    ribbon(drawing, scenario, panel.trace, time, ribbon_top);
    let (reads, writes) = (rate(|second| second.reads), rate(|second| second.writes));
    let refused = rate(|second| second.refused);
    let store = value_axis(drawing, &[&reads, &writes, &refused], store_top, STORE);
    drawing.line("reads", &points(&store, &reads));
    drawing.line("writes", &points(&store, &writes));
    if refused.iter().any(|rate| *rate > 0.0) {
        drawing.line("refused", &points(&store, &refused));
    }
}

/// Behind everything: how badly the dependency fails, and when the store does.
fn background(drawing: &mut Drawing, scenario: &Scenario, time: &Axis, top: f64, bottom: f64) {
    let ends = scenario.dependency.iter().skip(1).map(|next| next.at_s);
    let ends = ends.chain([scenario.duration_s]);
    for (entry, end) in scenario.dependency.iter().zip(ends) {
        let strength = if scenario.is_bad(entry) {
            entry.failure_rate.max(0.5)
        } else {
            entry.failure_rate
        };
        let (from, until) = (time.at(entry.at_s), time.at(end.min(scenario.duration_s)));
        if strength > 0.0 && until > from {
            let opacity = 0.14 * strength;
            drawing.rectangle("outage", from, top, until - from, bottom - top, opacity);
        }
    }
    for fault in &scenario.store.faults {
        let from = time.at(fault.at_s.max(0.0));
        let until = time.at((fault.at_s + fault.for_s).min(scenario.duration_s));
        if until > from {
            let store_top = bottom - STORE;
            drawing.rectangle("fault", from, store_top, until - from, STORE, 0.18);
            let words = match fault.kind {
                FaultKind::Unavailable => "store away",
                FaultKind::Slow => "store slow",
                FaultKind::Throttled => "store throttled",
            };
            drawing.text(from + 4.0, store_top + 13.0, "", words);
        }
    }
}

/// Where the circuit stood.
fn ribbon(drawing: &mut Drawing, scenario: &Scenario, trace: &Trace, time: &Axis, top: f64) {
    drawing.text(LEFT - 8.0, top + 10.0, "end", "circuit");
    let ends = trace.states.iter().skip(1).map(|(at, _)| *at);
    let ends = ends.chain([scenario.duration_s]);
    for ((at, state), end) in trace.states.iter().zip(ends) {
        let class = match state {
            CircuitState::Closed => "closed",
            CircuitState::Open => "open",
            CircuitState::HalfOpen => "half",
        };
        // A moment is shown as well, however short it was.
        let width = (time.at(end) - time.at(*at)).max(2.0);
        drawing.rectangle(class, time.at(*at), top, width, RIBBON, 1.0);
    }
}

/// Grid lines and their numbers for values from 0 to the largest.
fn value_axis(drawing: &mut Drawing, values: &[&[f64]], top: f64, height: f64) -> Axis {
    let all = values.iter().flat_map(|values| values.iter().copied());
    let largest = all.fold(0.0, f64::max);
    // An empty chart needs no more than its floor.
    let (largest, most) = match largest > 0.0 {
        true if height > 100.0 => (largest, 4),
        true => (largest, 2),
        false => (1.0, 0),
    };
    let axis = Axis::new(largest * 1.05, top + height, top);
    let steps = nice_steps(largest, most);
    for (index, value) in steps.iter().enumerate() {
        let y = axis.at(*value);
        let unit = if index + 1 == steps.len() { "/s" } else { "" };
        drawing.line("grid", &[(LEFT, y), (WIDTH - RIGHT, y)]);
        let words = format!("{}{unit}", super::short(*value));
        drawing.text(LEFT - 8.0, y + 4.0, "end", &words);
    }
    axis
}

/// The seconds of a run in no more columns than can be told apart, and how
/// many seconds each column is.
fn columns_of(trace: &Trace) -> (Vec<Second>, f64) {
    let each = trace.seconds.len().div_ceil(COLUMNS).max(1);
    let sum = |seconds: &[Second]| {
        let mut sum = Second::default();
        for second in seconds {
            sum.add(second);
        }
        sum
    };
    let columns = trace.seconds.chunks(each).map(sum).collect();
    (columns, number(each as u64))
}

fn spoken(seconds: f64) -> String {
    if seconds >= 7_200.0 {
        format!("{} h", super::short(seconds / 3_600.0))
    } else if seconds >= 600.0 {
        format!("{} min", super::short(seconds / 60.0))
    } else {
        format!("{} s", super::short(seconds))
    }
}
