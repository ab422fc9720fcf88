//! Policies: what is usable, what is wrong with the others, and files.

use breaker_core::policy::{Field, FieldValue, Mistake, Policy, PolicyError};
use proptest::{prelude::*, sample::subsequence};

use FieldValue::{Float, Integer, Other};

fn from_fields(fields: &[(&str, FieldValue)]) -> Result<Policy, PolicyError> {
    Policy::from_fields(fields.iter().copied())
}

fn mistakes_of(fields: &[(&str, FieldValue)]) -> Vec<String> {
    let PolicyError(mistakes) = from_fields(fields).unwrap_err();
    mistakes.iter().map(ToString::to_string).collect()
}

/// Whether a field's own range is among the mistakes, rules between fields
/// aside.
fn is_out_of_range(key: &str, value: FieldValue) -> bool {
    let is_about =
        |mistake: &Mistake| matches!(mistake, Mistake::Value { key: about, .. } if *about == key);
    from_fields(&[(key, value)]).is_err_and(|error| error.0.iter().any(is_about))
}

#[test]
fn the_default_policy_is_usable() {
    assert_eq!(Policy::default().check(), Ok(()));
    assert_eq!(from_fields(&[]), Ok(Policy::default()));
}

#[test]
fn every_field_allows_the_ends_of_its_range_and_nothing_beyond() {
    for field in Policy::FIELDS {
        let key = field.key;
        assert!(!is_out_of_range(key, field.low), "{key} = {}", field.low);
        assert!(!is_out_of_range(key, field.high), "{key} = {}", field.high);
        let beyond = match (field.low, field.high) {
            (Integer(low), Integer(high)) => vec![
                Integer(low - 1),
                Integer(high + 1),
                Integer(i64::MIN),
                Integer(i64::MAX),
                Float(2.0),
            ],
            (Float(low), Float(high)) => vec![
                Float(low.next_down()),
                Float(high.next_up()),
                Float(f64::NAN),
                Float(f64::INFINITY),
                Float(f64::NEG_INFINITY),
                Integer(i64::MAX),
            ],
            ends => panic!("{key} has the ends {ends:?}"),
        };
        for value in beyond.into_iter().chain([Other("a string")]) {
            assert!(is_out_of_range(key, value), "{key} = {value}");
        }
    }
}

#[test]
fn every_rule_is_broken_just_beyond_its_edge_and_names_its_fields() {
    // What breaks each rule, and what its last field must be so as not to.
    let edges = [
        (
            vec![
                ("rate_margin", Float(0.1)),
                ("failure_rate_threshold", Float(0.9)),
            ],
            Float(0.899),
        ),
        (
            vec![
                ("rate_margin", Float(0.1)),
                ("slow_rate_threshold", Float(0.1)),
            ],
            Float(0.101),
        ),
        (
            vec![
                ("consecutive_failures", Integer(7)),
                ("local_failures", Integer(6)),
            ],
            Integer(7),
        ),
        (
            vec![("slot_ms", Integer(1_000)), ("window_ms", Integer(9_999))],
            Integer(10_000),
        ),
        (
            vec![
                ("open_for_ms", Integer(7_000)),
                ("open_for_max_ms", Integer(6_999)),
            ],
            Integer(7_000),
        ),
        (vec![("lease_for_ms", Integer(7_000))], Integer(7_001)),
        (
            vec![
                ("refresh_after_ms", Integer(9_000)),
                ("max_stale_ms", Integer(8_999)),
            ],
            Integer(9_000),
        ),
    ];
    assert_eq!(edges.len(), Policy::RULES.len());
    for ((mut fields, right), rule) in edges.into_iter().zip(Policy::RULES) {
        let PolicyError(mistakes) = from_fields(&fields).unwrap_err();
        let [Mistake::Rule { text, found }] = &mistakes[..] else {
            panic!("{}: {mistakes:?}", rule.text);
        };
        assert_eq!(*text, rule.text);
        assert!(
            fields.iter().all(|field| found.contains(field)),
            "{found:?}"
        );
        for (named, _) in found {
            assert!(text.contains(named), "{named} is missing in: {text}");
        }
        fields.last_mut().unwrap().1 = right;
        assert_eq!(from_fields(&fields).err(), None);
    }
}

#[test]
fn every_mistake_is_named_at_once() {
    let error = from_fields(&[
        ("failure_rate_threshold", Float(f64::NAN)),
        ("open_for", Integer(5)),
        ("max_probes", Integer(9)),
        ("slot_ms", Integer(-1)),
        ("window_slots", Other("a string")),
        ("lease_for_ms", Integer(6_000)),
        ("open_growth", Integer(12)),
        ("successes_to_close", Float(3.0)),
        ("max_probes", Integer(2)),
        ("colour", Integer(1)),
    ])
    .unwrap_err();
    let expected = [
        "unknown field `open_for` (is it `open_for_ms`?)",
        "slot_ms must be an integer from 100 to 10000, not -1",
        "window_slots must be an integer from 2 to 50, not a string",
        "successes_to_close must be an integer from 1 to 100, not 3.0",
        "max_probes is given more than once",
        "unknown field `colour`",
        "failure_rate_threshold must be a number from 0.05 to 0.95, not NaN",
        "open_growth must be a number from 1.0 to 10.0, not 12.0",
        "max_probes must be an integer from 1 to 8, not 9",
        "lease_for_ms must exceed probe_timeout_ms + 2 × clock_skew_ms + 2 × store_timeout_ms \
         (probe_timeout_ms = 5000, lease_for_ms = 6000, store_timeout_ms = 500, \
         clock_skew_ms = 500)",
    ];
    assert_eq!(
        error.to_string(),
        format!("unusable policy: {}", expected.join("; "))
    );
    assert_eq!(
        format!("{error:#}"),
        format!("unusable policy:\n{}", expected.join("\n"))
    );
}

#[test]
fn a_rule_is_not_judged_by_a_field_that_could_not_be_read() {
    // The default of 10 would break the rule, but it is not what was meant.
    for unread in [
        ("local_failures", Other("a string")),
        ("local_failure", Integer(20)),
    ] {
        let mistakes = mistakes_of(&[("consecutive_failures", Integer(35)), unread]);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    }
    assert_eq!(
        mistakes_of(&[("consecutive_failures", Integer(35))]).len(),
        1
    );
}

#[test]
fn an_unknown_field_is_told_the_nearest_known_one() {
    for (key, nearest) in [
        ("open_for", Some("open_for_ms")),
        ("open_for_s", Some("open_for_ms")),
        ("openForMs", Some("open_for_ms")),
        ("failure_rate_margin", Some("rate_margin")),
        ("failure_rate_treshold", Some("failure_rate_threshold")),
        ("window", Some("window_ms")),
        ("window_slot", Some("window_slots")),
        ("jitter", Some("open_jitter")),
        ("max_probe", Some("max_probes")),
        ("sampled_calls_per_second", Some("sampled_calls_per_s")),
        ("colour", None),
        ("s", None),
        ("", None),
    ] {
        let PolicyError(mistakes) = from_fields(&[(key, Integer(3))]).unwrap_err();
        let key = key.to_owned();
        assert_eq!(mistakes, [Mistake::Unknown { key, nearest }]);
    }
}

/// Any value in a field's range, often one near the default.
fn allowed(field: Field) -> BoxedStrategy<(&'static str, FieldValue)> {
    let value = match (field.low, field.default_value(), field.high) {
        (Integer(low), Integer(default), Integer(high)) => {
            prop_oneof![low..=high, low..=high.min(2 * default)]
                .prop_map(Integer)
                .boxed()
        }
        (Float(low), Float(default), Float(high)) => {
            prop_oneof![low..=high, low..=high.min(2.0 * default)]
                .prop_map(Float)
                .boxed()
        }
        other => panic!("{} is {other:?}", field.key),
    };
    value.prop_map(move |value| (field.key, value)).boxed()
}

/// Values for some fields, each in its range.
fn choices() -> impl Strategy<Value = Vec<(&'static str, FieldValue)>> {
    subsequence(Policy::FIELDS, 0..6)
        .prop_flat_map(|fields| fields.into_iter().map(allowed).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn a_policy_prints_back_as_the_fields_that_it_was_read_from(choices in choices()) {
        match from_fields(&choices) {
            Ok(policy) => {
                let printed: Vec<_> = policy.to_fields().collect();
                let left_out = |key| !choices.iter().any(|(chosen, _)| *chosen == key);
                for field in Policy::FIELDS.iter().filter(|field| left_out(field.key)) {
                    prop_assert!(printed.contains(&(field.key, field.default_value())));
                }
                for choice in &choices {
                    prop_assert!(printed.contains(choice), "{choice:?} in {printed:?}");
                }
                prop_assert_eq!(policy.check(), Ok(()));
                prop_assert_eq!(from_fields(&printed), Ok(policy));
            }
            // No field is to blame alone, and none that nobody touched.
            Err(PolicyError(mistakes)) => for mistake in mistakes {
                let Mistake::Rule { found, .. } = &mistake else {
                    panic!("{mistake}");
                };
                prop_assert!(choices.iter().any(|choice| found.contains(choice)), "{mistake}");
            }
        }
    }

    #[test]
    fn what_is_read_is_checked_as_what_is_built(
        key in 0..Policy::FIELDS.len(),
        value in prop_oneof![any::<i64>().prop_map(Integer), (-9_i64..=200_000).prop_map(Integer),
            any::<f64>().prop_map(Float), (-0.5..=1.5).prop_map(Float)],
    ) {
        let key = Policy::FIELDS[key].key;
        if let Ok(policy) = from_fields(&[(key, value)]) {
            prop_assert_eq!(policy.check(), Ok(()));
        }
    }
}

#[cfg(feature = "toml")]
mod toml {
    use super::*;

    fn mistakes_of(text: &str) -> Vec<String> {
        let PolicyError(mistakes) = Policy::from_toml(text).unwrap_err();
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let text = r#"
            store_timeout_ms = "250"
            max_probes = true
            ramp_for_ms = [5]
            open_jitter = 1979-05-27
            open_growth = { a = 1 }
            slot_ms = 99999999999999999999
            ramp_from = 1e999
            evidence_bound = nan
            window_ms = 0xF_FFFF
            open_for_sm = 5
        "#;
        assert_eq!(
            mistakes_of(text),
            [
                "store_timeout_ms must be an integer from 1 to 86400000, not a string",
                "max_probes must be an integer from 1 to 8, not a boolean",
                "ramp_for_ms must be an integer from 0 to 300000, not an array",
                "open_jitter must be a number from 0.0 to 0.5, not a date or time",
                "open_growth must be a number from 1.0 to 10.0, not a table",
                "slot_ms must be an integer from 100 to 10000, not a number that is too large",
                "unknown field `open_for_sm` (is it `open_for_ms`?)",
                "evidence_bound must be a number from 1.0 to 100.0, not NaN",
                "window_ms must be an integer from 1000 to 600000, not 1048575",
                "ramp_from must be a number from 0.01 to 1.0, not inf",
            ],
        );
    }

    #[test]
    fn what_is_not_toml_is_named_with_its_line() {
        let text = "open_for_ms = \nmax_probes = 2\nmax_probes = 3\n= 4\n";
        let mistakes = mistakes_of(text);
        let lines: Vec<&str> = mistakes
            .iter()
            .map(|mistake| mistake.split(" is not TOML: ").next().unwrap())
            .collect();
        assert_eq!(lines, ["line 1", "line 3", "line 4"], "{mistakes:?}");
    }

    proptest! {
        #[test]
        fn a_policy_survives_being_written_and_read(choices in choices()) {
            let policy = from_fields(&choices).unwrap_or_default();
            let lines = policy.to_fields().map(|(key, value)| format!("{key} = {value}\n"));
            prop_assert_eq!(Policy::from_toml(&lines.collect::<String>()), Ok(policy));
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"([a-z_]{0,8}( = |\.|\n|\[|\]|"|[0-9e.-]{1,25}|é)){0,9}"#) {
            drop(Policy::from_toml(&text));
        }
    }
}

#[cfg(feature = "json")]
mod json {
    use super::*;

    fn mistakes_of(text: &str) -> Vec<String> {
        let PolicyError(mistakes) = Policy::from_json(text).unwrap_err();
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let text = r#"{
            "store_timeout_ms": "250", "max_probes": true, "ramp_for_ms": [5],
            "open_jitter": null, "open_growth": {}, "slot_ms": 18446744073709551615,
            "window_ms": 5000.0, "window_slots": 3, "window_slots": 4, "open_for_sm": 5
        }"#;
        assert_eq!(
            mistakes_of(text),
            [
                "store_timeout_ms must be an integer from 1 to 86400000, not a string",
                "max_probes must be an integer from 1 to 8, not a boolean",
                "ramp_for_ms must be an integer from 0 to 300000, not an array",
                "open_jitter must be a number from 0.0 to 0.5, not null",
                "open_growth must be a number from 1.0 to 10.0, not an object",
                "slot_ms must be an integer from 100 to 10000, not a number that is too large",
                "window_ms must be an integer from 1000 to 600000, not 5000.0",
                "window_slots is given more than once",
                "unknown field `open_for_sm` (is it `open_for_ms`?)",
            ],
        );
    }

    #[test]
    fn what_is_not_an_object_is_refused_with_its_place() {
        for (text, place) in [
            ("[]", "line 1 column 0"),
            ("{\n\"slot_ms\" 5}", "line 2 column 11"),
        ] {
            let mistakes = mistakes_of(text);
            assert!(mistakes[0].contains(place), "{mistakes:?}");
        }
    }

    proptest! {
        #[test]
        fn a_policy_survives_being_written_and_read(choices in choices()) {
            let policy = from_fields(&choices).unwrap_or_default();
            let fields: Vec<String> =
                policy.to_fields().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            let text = format!("{{{}}}", fields.join(","));
            prop_assert_eq!(Policy::from_json(&text), Ok(policy));
        }
    }
}
