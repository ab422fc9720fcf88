//! From a text to a scenario, or to everything that is wrong with it.

use breaker_core::{OverrideMode, Policy, policy::FieldValue};
use toml::de::DeTable;

use super::{
    BUSIEST, ClockStep, Dependency, Exception, Fault, FaultKind, Fleet, FleetChange, Kind,
    LARGEST_FLEET, Mistake, Mistakes, Row, Scenario, ScheduledOverride, StoreRules, Traffic,
    section::{Reading, Section},
};

/// Times of a scenario end after a month.
const LONGEST_S: f64 = 31.0 * 86_400.0;
const LONGEST_MS: f64 = LONGEST_S * 1e3;
const DAY_MS: f64 = 86_400_000.0;

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// Names every mistake at once: unknown keys with the nearest known one,
    /// wrong types, values out of range, and what does not go together.
    pub fn read(text: &str) -> Result<Self, Mistakes> {
        let reading = Reading::of(text);
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for error in &errors {
                let position = error.span().map_or(0, |span| span.start);
                reading.complain(position, format!("not TOML: {}", error.message()));
            }
            return Err(Mistakes(reading.mistakes()));
        }
        let table = document.get_ref();
        let scenario = read_scenario(&Section::root(&reading, table));
        let mistakes = reading.mistakes();
        if mistakes.is_empty() {
            Ok(scenario)
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// A fleet in which nothing happens, to build others on.
    pub fn quiet() -> Self {
        let text = "name = \"quiet\"\nduration_s = 60\n\
            [fleet]\nenvironments = 10\ncalls_per_second = 10\n[[dependency]]\n\
            at_s = 0\n[breaker]\nkind = \"fleet\"";
        match Self::read(text) {
            Ok(scenario) => scenario,
            Err(mistakes) => unreachable!("{mistakes}"),
        }
    }
}

fn read_scenario(root: &Section<'_>) -> Scenario {
    let name = root.needed_text("name");
    let seed = root.seed("seed", 1);
    let duration_s = root.needed_number("duration_s", 0.001..=LONGEST_S);
    let fleet = read_fleet(root.section("fleet"));
    let dependency = read_dependency(root);
    let policy = read_policy(&root.section("policy"));
    let scenario = Scenario {
        name,
        seed,
        duration_s,
        store: read_store(root.section("store")),
        traffic: read_traffic(root),
        environments: read_exceptions(root, &fleet),
        clocks: read_clocks(root, &fleet),
        overrides: read_overrides(root),
        calm_from_s: root.optional_number("calm_from_s", 0.0..=LONGEST_S),
        breaker: read_breaker(root.section("breaker")),
        row: read_row(root),
        fleet,
        dependency,
        policy,
    };
    root.complain_of_unknown();
    scenario
}

fn read_fleet(section: Section<'_>) -> Fleet {
    let mut changes: Vec<FleetChange> = Vec::new();
    for change in section.sections("change") {
        let at_s = change.needed_number("at_s", -LONGEST_S..=LONGEST_S);
        check_ascending(&change, changes.last().map(|before| before.at_s), at_s);
        let environments = change.needed_count("environments", 1..=LARGEST_FLEET);
        changes.push(FleetChange { at_s, environments });
        change.finish();
    }
    let fleet = Fleet {
        environments: section.needed_count("environments", 1..=LARGEST_FLEET),
        changes,
        calls_per_second: section.needed_number("calls_per_second", 0.0..=BUSIEST),
        clock_skew_ms: section.number("clock_skew_ms", 0.0..=60_000.0, 0.0),
        freeze: section.boolean("freeze", false),
        timeout_ms: section.number("timeout_ms", 1.0..=LONGEST_MS, 1_000.0),
        crash_rate: section.number("crash_rate", 0.0..=1.0, 0.0),
        warm_up_s: section.number("warm_up_s", 0.0..=LONGEST_S, 120.0),
    };
    section.finish();
    fleet
}

fn read_store(section: Section<'_>) -> StoreRules {
    let faults = section.sections("fault").into_iter().map(|fault| {
        let kinds = [
            ("unavailable", FaultKind::Unavailable),
            ("slow", FaultKind::Slow),
            ("throttled", FaultKind::Throttled),
        ];
        let at_s = fault.needed_number("at_s", -LONGEST_S..=LONGEST_S);
        let for_s = fault.needed_number("for_s", 0.0..=LONGEST_S);
        let kind = fault.choice("kind", &kinds, None);
        let latency_ms = fault.optional_number("latency_ms", 0.01..=60_000.0);
        if latency_ms.is_some() && kind.is_some_and(|kind| kind != FaultKind::Slow) {
            fault.complain("latency_ms is for a fault whose kind is \"slow\"");
        }
        fault.finish();
        Fault {
            at_s,
            for_s,
            kind: kind.unwrap_or(FaultKind::Unavailable),
            latency_ms,
        }
    });
    let faults = faults.collect();
    let rules = StoreRules {
        latency_ms: section.number("latency_ms", 0.01..=60_000.0, 4.0),
        stale_read_ms: section.number("stale_read_ms", 0.0..=60_000.0, 50.0),
        lost_reply_rate: section.number("lost_reply_rate", 0.0..=1.0, 0.0),
        faults,
    };
    section.finish();
    rules
}

fn read_dependency(root: &Section<'_>) -> Vec<Dependency> {
    let mut entries: Vec<Dependency> = Vec::new();
    for section in root.sections("dependency") {
        let before = entries.last().copied();
        let at_s = section.needed_number("at_s", 0.0..=LONGEST_S);
        check_ascending(&section, before.as_ref().map(|before| before.at_s), at_s);
        let usual = before.map_or((0.0, 20.0), |before| {
            (before.failure_rate, before.latency_ms)
        });
        entries.push(Dependency {
            at_s,
            failure_rate: section.number("failure_rate", 0.0..=1.0, usual.0),
            latency_ms: section.number("latency_ms", 0.01..=LONGEST_MS, usual.1),
            retry_after_s: section.optional_number("retry_after_s", 0.0..=LONGEST_S),
        });
        section.finish();
    }
    match entries.first() {
        None => root.complain("[[dependency]] is missing: what is called, from at_s = 0 on"),
        Some(first) if first.at_s > 0.0 => {
            root.complain("the first [[dependency]] must begin at at_s = 0");
        }
        Some(_) => return entries,
    }
    vec![Dependency {
        at_s: 0.0,
        failure_rate: 0.0,
        latency_ms: 20.0,
        retry_after_s: None,
    }]
}

fn read_traffic(root: &Section<'_>) -> Vec<Traffic> {
    let mut entries: Vec<Traffic> = Vec::new();
    for section in root.sections("traffic") {
        let at_s = section.needed_number("at_s", -LONGEST_S..=LONGEST_S);
        check_ascending(&section, entries.last().map(|before| before.at_s), at_s);
        let factor = section.needed_number("factor", 0.0..=1e6);
        entries.push(Traffic { at_s, factor });
        section.finish();
    }
    entries
}

fn read_overrides(root: &Section<'_>) -> Vec<ScheduledOverride> {
    let modes = [
        ("withdrawn", None),
        ("force_open", Some(OverrideMode::ForceOpen)),
        ("force_closed", Some(OverrideMode::ForceClosed)),
        ("shadow", Some(OverrideMode::Shadow)),
    ];
    let mut entries: Vec<ScheduledOverride> = Vec::new();
    for section in root.sections("override") {
        let at_s = section.needed_number("at_s", 0.0..=LONGEST_S);
        check_ascending(&section, entries.last().map(|before| before.at_s), at_s);
        entries.push(ScheduledOverride {
            at_s,
            for_s: section.number("for_s", 0.0..=LONGEST_S, 60.0),
            mode: section.choice("mode", &modes, None).flatten(),
        });
        section.finish();
    }
    entries
}

fn check_ascending(section: &Section<'_>, before: Option<f64>, at_s: f64) {
    if let Some(before) = before.filter(|before| *before >= at_s) {
        section.complain(&format!("at_s must be later than {before}, not {at_s}"));
    }
}

fn read_exceptions(root: &Section<'_>, fleet: &Fleet) -> Vec<Exception> {
    let mut entries = Vec::new();
    let most = fleet.most_environments();
    let mut left = most;
    for section in root.sections("environment") {
        let count = section.count("count", 1..=LARGEST_FLEET, 1);
        match left.checked_sub(count) {
            Some(rest) => left = rest,
            None => section.complain(&format!(
                "count must be at most {left}: no more environments are left of {most}"
            )),
        }
        let traffic = section.optional_number("traffic", 0.01..=100.0);
        // What differs must be said.
        let failure_rate = if traffic.is_some() {
            section.number("failure_rate", 0.0..=1.0, 0.0)
        } else {
            section.needed_number("failure_rate", 0.0..=1.0)
        };
        let from_s = section.optional_number("from_s", -LONGEST_S..=LONGEST_S);
        let until_s = section.optional_number("until_s", -LONGEST_S..=LONGEST_S);
        if let (Some(from_s), Some(until_s)) = (from_s, until_s)
            && until_s <= from_s
        {
            section.complain(&format!(
                "until_s must be later than from_s, {from_s}, not {until_s}"
            ));
        }
        entries.push(Exception {
            count,
            failure_rate,
            traffic: traffic.unwrap_or(1.0),
            from_s,
            until_s,
        });
        section.finish();
    }
    entries
}

fn read_clocks(root: &Section<'_>, fleet: &Fleet) -> Vec<ClockStep> {
    let mut entries: Vec<ClockStep> = Vec::new();
    for section in root.sections("clock") {
        let at_s = section.needed_number("at_s", -LONGEST_S..=LONGEST_S);
        check_ascending(&section, entries.last().map(|before| before.at_s), at_s);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a day has 86,400,000 milliseconds"
        )]
        let by_ms = section.needed_number("by_ms", -DAY_MS..=DAY_MS) as i64;
        entries.push(ClockStep {
            at_s,
            count: section.count("count", 1..=fleet.most_environments(), 1),
            by_ms,
        });
        section.finish();
    }
    entries
}

fn read_breaker(section: Section<'_>) -> Kind {
    let kinds = Kind::ALL.map(|kind| (kind.as_str(), kind));
    let kind = section.choice("kind", &kinds, Some(Kind::Fleet));
    section.finish();
    kind.unwrap_or(Kind::Fleet)
}

fn read_policy(section: &Section<'_>) -> Policy {
    let fields = section.entries();
    let fields = fields.map(|(key, value)| (key, FieldValue::from(value)));
    match Policy::from_fields(fields) {
        Ok(policy) => policy,
        Err(error) => {
            for mistake in error.0 {
                section.complain(&mistake.to_string());
            }
            Policy::default()
        }
    }
}

fn read_row(root: &Section<'_>) -> Option<Row> {
    let section = root.section("row");
    section.is_given().then(|| Row::read(section))
}

/// A scenario from a file.
///
/// # Errors
///
/// Names every mistake; a file that cannot be read is one.
pub fn read_file(path: &std::path::Path) -> Result<Scenario, Mistakes> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let text = format!("{} cannot be read: {error}", path.display());
        Mistakes(vec![Mistake { line: 0, text }])
    })?;
    Scenario::read(&text)
}
