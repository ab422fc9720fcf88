//! Every mistake of a scenario is told at once, with what would be right.

use breaker_sim::scenario::{Kind, Scenario};

/// Each mistake as one line.
fn mistakes(text: &str) -> Vec<String> {
    let mistakes = Scenario::read(text).unwrap_err();
    mistakes.0.iter().map(ToString::to_string).collect()
}

#[test]
fn all_mistakes_are_told_at_once_by_line() {
    let text = "\
name = 5
duration_s = -1
sed = 3
[fleet]
environments = 0
calls_per_secnod = 10.0
freeze = \"yes\"
crash_rate = nan
[store]
lost_reply_rate = 1.5
[[store.fault]]
at_s = 1
kind = \"unavailible\"
[[dependency]]
at_s = 0
failure_rate = \"all\"
[[dependency]]
at_s = 0
[[environment]]
count = 7
[breaker]
kind = \"flet\"
[policy]
open_for = 3
max_probes = 99
[colours]
";
    assert_eq!(
        mistakes(text),
        [
            "line 1: name must be a string, not 5",
            "line 2: duration_s must be a number from 0.001 to 2678400, not -1",
            "line 3: unknown key `sed` (is it `seed`?)",
            "line 4: [fleet]: calls_per_second is missing: a number from 0 to 10000000",
            "line 5: [fleet]: environments must be an integer from 1 to 1000000, not 0",
            "line 6: [fleet]: unknown key `calls_per_secnod` (is it `calls_per_second`?)",
            "line 7: [fleet]: freeze must be true or false, not \"yes\"",
            "line 8: [fleet]: crash_rate must be a number from 0 to 1, not NaN",
            "line 10: [store]: lost_reply_rate must be a number from 0 to 1, not 1.5",
            "line 11: [[store.fault]]: for_s is missing: a number from 0 to 2678400",
            "line 13: [[store.fault]]: kind must be one of unavailable, slow, throttled, \
             not \"unavailible\" (is it \"unavailable\"?)",
            "line 16: [[dependency]]: failure_rate must be a number from 0 to 1, not a string",
            "line 17: [[dependency]]: at_s must be later than 0, not 0",
            "line 19: [[environment]]: count must be at most 1: no more environments are left of 1",
            "line 19: [[environment]]: failure_rate is missing: a number from 0 to 1",
            "line 22: [breaker]: kind must be one of fleet, per-environment, shared-counter, none, \
             not \"flet\" (is it \"fleet\"?)",
            "line 23: [policy]: max_probes must be an integer from 1 to 8, not 99",
            "line 23: [policy]: unknown field `open_for` (is it `open_for_ms`?)",
            "line 26: unknown key `colours`; known are name, seed, duration_s, fleet, dependency, \
             policy, store, traffic, environment, clock, override, calm_from_s, breaker, row",
        ]
    );
}

#[test]
fn what_changes_during_a_run_is_checked_as_well() {
    let text = "\
name = \"a\"
duration_s = 100
[fleet]
environments = 3
calls_per_second = 1
[[fleet.change]]
at_s = 10
environments = 6
[[fleet.change]]
at_s = 10
environments = 0
[[dependency]]
at_s = 0
[[store.fault]]
at_s = 1
for_s = 1
kind = \"throttled\"
latency_ms = 100
[[environment]]
count = 5
traffic = 0
[[environment]]
count = 2
failure_rate = 1
from_s = 60
until_s = 50
[[clock]]
at_s = 1
count = 7
[[clock]]
at_s = 0
by_ms = 1e9
";
    assert_eq!(
        mistakes(text),
        [
            "line 9: [[fleet.change]]: at_s must be later than 10, not 10",
            "line 11: [[fleet.change]]: environments must be an integer from 1 to 1000000, not 0",
            "line 14: [[store.fault]]: latency_ms is for a fault whose kind is \"slow\"",
            "line 19: [[environment]]: failure_rate is missing: a number from 0 to 1",
            "line 21: [[environment]]: traffic must be a number from 0.01 to 100, not 0",
            "line 22: [[environment]]: count must be at most 1: no more environments are left of 6",
            "line 22: [[environment]]: until_s must be later than from_s, 60, not 50",
            "line 27: [[clock]]: by_ms is missing: a number from -86400000 to 86400000",
            "line 29: [[clock]]: count must be an integer from 1 to 6, not 7",
            "line 30: [[clock]]: at_s must be later than 1, not 0",
            "line 32: [[clock]]: by_ms must be a number from -86400000 to 86400000, not 1000000000.0",
        ]
    );
}

#[test]
fn an_empty_scenario_is_told_what_it_needs() {
    assert_eq!(
        mistakes(""),
        [
            "line 1: [[dependency]] is missing: what is called, from at_s = 0 on",
            "line 1: [fleet]: calls_per_second is missing: a number from 0 to 10000000",
            "line 1: [fleet]: environments is missing: an integer from 1 to 1000000",
            "line 1: duration_s is missing: a number from 0.001 to 2678400",
            "line 1: name is missing: a string",
        ]
    );
}

#[test]
fn what_is_not_toml_is_told_by_line() {
    let told = mistakes("name = \"a\"\nduration_s = = 3\n[fleet\n");
    assert!(told.len() >= 2, "{told:?}");
    assert!(told[0].starts_with("line 2: not TOML:"), "{told:?}");
}

#[test]
fn a_row_is_checked_as_well() {
    let text = "\
name = \"a\"
duration_s = 1
[fleet]
environments = 1
calls_per_second = 1
[[dependency]]
at_s = 0
[row]
must = \"hold\"
environments = [1, 0]
show = [\"open\", \"calls\"]
[[row.check]]
holds = \"opens = 0\"
[[row.check]]
when = \"callz > 1\"
";
    assert_eq!(
        mistakes(text),
        [
            "line 10: [row]: environments must be an integer from 1 to 1000000, not 0",
            "line 11: [row]: show: unknown figure `open` (is it `opens`?)",
            "line 13: [[row.check]]: holds: `opens = 0` compares nothing: write <, <=, ==, >= or > \
             with spaces around it",
            "line 14: [[row.check]]: holds is missing: a condition such as \"opens == 0\"",
            "line 15: [[row.check]]: when: unknown figure `callz` (is it `calls`?)",
        ]
    );
}

#[test]
fn a_scenario_without_mistakes_is_what_it_says() {
    let text = "\
name = \"a\"
duration_s = 1.5
[fleet]
environments = 3
calls_per_second = 6
[[dependency]]
at_s = 0
latency_ms = 7
[[dependency]]
at_s = 1
failure_rate = 0.25
[breaker]
kind = \"shared-counter\"
[policy]
open_for_ms = 2_000
";
    let scenario = Scenario::read(text).unwrap();
    assert_eq!(scenario.fleet.environments, 3);
    assert_eq!(scenario.breaker, Kind::SharedCounter);
    assert_eq!(scenario.policy.open_for.as_secs(), 2);
    // What an entry does not say stays as it was.
    let now = &scenario.dependency[1];
    assert!((now.latency_ms - 7.0).abs() < f64::EPSILON);
    assert!((now.failure_rate - 0.25).abs() < f64::EPSILON);
}
