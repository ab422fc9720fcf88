//! `docs/policy.md` says what the code says.

use std::{fmt::Write, fs, path::Path};

use breaker_core::policy::{Field, FieldValue, Policy, Unit};

const INTRODUCTION: &str = "\
# The policy of a circuit

<!-- Written by `UPDATE_DOCS=1 cargo test --profile local -p breaker-core --no-default-features policy_document`. -->

A policy is read from TOML or JSON, or built in Rust. A field that is left out keeps its
default, and the defaults suit most. Durations are whole milliseconds under names that end
in `_ms`; in Rust they are `Duration`s, without the ending. Whatever is wrong is reported
at once, and nothing is used in part.

All processes that share a circuit should have the same policy: each decides by its own.
";

#[test]
fn the_committed_document_matches_the_code() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md");
    let described = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&committed, &described).unwrap();
    }
    let found = fs::read_to_string(&committed).unwrap();
    assert!(
        found == described,
        "docs/policy.md has drifted from the code; write it anew with \
         `UPDATE_DOCS=1 cargo test --profile local -p breaker-core --no-default-features policy_document`",
    );
}

#[test]
fn every_field_says_what_it_means_and_when_to_change_it() {
    for field in Policy::FIELDS {
        for text in [field.meaning(), field.when_to_change()] {
            assert!(text.ends_with('.'), "{}: {text:?}", field.name);
        }
    }
}

fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut group = "";
    for field in Policy::FIELDS {
        if field.group != group {
            group = field.group;
            write!(text, "\n## {group}\n\n{HEADER}").unwrap();
        }
        text += &row(field);
    }
    text += "\n## What must hold between fields\n\n";
    for rule in Policy::RULES {
        writeln!(text, "- {}", rule.text).unwrap();
    }
    text
}

const HEADER: &str = "\
| field | default | from | to | meaning | when to change it |
| --- | --- | --- | --- | --- | --- |
";

fn row(field: &Field) -> String {
    let in_words = |value| in_words(field.unit, value);
    format!(
        "| `{}` | {} | {} | {} | {} | {} |\n",
        field.key,
        in_words(field.default_value()),
        in_words(field.low),
        in_words(field.high),
        field.meaning(),
        field.when_to_change(),
    )
}

/// The value as a file says it, and as one would say it.
fn in_words(unit: Unit, value: FieldValue) -> String {
    match (unit, value) {
        (Unit::Milliseconds, FieldValue::Integer(ms)) => {
            let scales = [(86_400_000, "d"), (60_000, "min"), (1_000, "s"), (1, "ms")];
            let fits = scales
                .iter()
                .find(|(scale, _)| ms >= *scale && ms % scale == 0);
            match fits {
                Some((1, _)) | None => format!("{ms} ms"),
                Some((scale, name)) => format!("{ms} ({} {name})", ms / scale),
            }
        }
        (unit, value) => format!(
            "{value}{}{}",
            if unit == Unit::Nats { " " } else { "" },
            unit.symbol()
        ),
    }
}
