//! The guide names tests, which must exist, and numbers, which must be right.

use std::{fs, path::Path};

use breaker_core::Policy;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_test_that_the_guide_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = read("src/guide/guarantees.rs");
    let mut named = 0;
    // What stands between backticks is every second part.
    for name in page.split('`').skip(1).step_by(2) {
        if let Some((module, test)) = name.split_once("::") {
            named += 1;
            let source = read(&format!("tests/it/{module}.rs"));
            assert!(source.contains(&format!("fn {test}(")), "no test {name}");
        } else if name.starts_with("src/") {
            named += 1;
            assert!(root.join(name).exists(), "no file {name}");
        }
    }
    assert!(named > 20, "the page names {named} tests");
}

/// The page works examples with the default policy. If one of these numbers
/// changes, what follows from it on the page must be worked out anew.
#[test]
fn the_estimator_s_page_calculates_with_the_default_policy() {
    let page = read("src/guide/estimator.rs").replace("\n//!", "");
    let policy = Policy::default();
    let sampled = policy.sampled_calls_per_s;
    let expected = [
        format!("s = min(λ, {sampled})"),
        format!(
            "min(1, {sampled} ÷ λ) · min(1, max(0, 2 − c ÷ {}))",
            sampled * policy.slot.as_secs_f64()
        ),
        format!("min(1, {} ÷ contacts", policy.heartbeats_per_s),
        format!("n ÷ {} s is more", policy.reads_per_s),
        format!("{} to 7.2 s", policy.refresh_after.as_secs()),
        format!("≥ {}", policy.evidence_bound),
        format!(
            "of the bound, {}",
            breaker_core::protocol::PLAUSIBLE * policy.evidence_bound
        ),
        format!("m = {} (", policy.successes_to_close),
        format!(
            "{} slots of {} s",
            policy.window_slots,
            policy.slot.as_secs_f64()
        ),
    ];
    for text in expected {
        assert!(page.contains(&text), "the page does not say: {text}");
    }
}
