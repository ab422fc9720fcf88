//! The guide names tests; they must exist.

use std::{fs, path::Path};

#[test]
fn every_test_that_the_guide_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
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
