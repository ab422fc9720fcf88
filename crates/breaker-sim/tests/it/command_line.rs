//! The program as people run it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn sim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_breaker-sim"))
        .args(arguments)
        .output()
        .unwrap()
}

/// A file of its own for a test.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

const SMALL: &str = "name = \"small & <short>\"\nduration_s = 20\n\
    [fleet]\nenvironments = 5\ncalls_per_second = 20\nwarm_up_s = 5\n\
    [[dependency]]\nat_s = 0\n[[dependency]]\nat_s = 10\nfailure_rate = 1.0\n\
    [row]\nmust = \"open\"\nshow = [\"opens\"]\n[[row.check]]\nholds = \"opens == 1\"\n";

#[test]
fn a_scenario_with_mistakes_ends_with_2_and_names_them_all() {
    let path = file("mistakes.toml", "name = 3\nduration_s = \"long\"\n");
    for command in ["run", "compare", "sweep"] {
        let output = sim(&[command, path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("mistakes.toml"), "{told}");
        assert!(told.contains("line 1: name must be a string"), "{told}");
        assert!(told.contains("line 2: duration_s must be"), "{told}");
    }
}

#[test]
fn a_run_prints_the_same_json_each_time_and_another_for_another_seed() {
    let path = file("small-run.toml", SMALL);
    let path = path.to_str().unwrap();
    let json = |seed| {
        let output = sim(&["run", path, "--json", "--seed", seed]);
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(json("5"), json("5"));
    assert_ne!(json("5"), json("6"));
    let value: serde_json::Value = serde_json::from_str(&json("5")).unwrap();
    assert_eq!(value["breaker"], "fleet");
    assert_eq!(value["seed"], 5);
}

#[test]
fn a_comparison_has_every_breaker_and_a_picture_a_panel_for_each() {
    let path = file("small-compare.toml", SMALL);
    let picture = path.with_extension("svg");
    let output = sim(&[
        "compare",
        path.to_str().unwrap(),
        "--plot",
        picture.to_str().unwrap(),
    ]);
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    let svg = std::fs::read_to_string(picture).unwrap();
    for kind in ["fleet", "per-environment", "shared-counter", "none"] {
        assert!(table.lines().next().unwrap().contains(kind), "{table}");
        assert!(svg.contains(&format!(">{kind}</text>")), "{kind}");
    }
    assert!(svg.contains("small &amp; &lt;short&gt;"));
    assert!(svg.trim_end().ends_with("</svg>"));
}

#[test]
fn a_sweep_prints_the_spread_of_each_cell() {
    let path = file("small-sweep.toml", SMALL);
    let output = sim(&[
        "sweep",
        path.to_str().unwrap(),
        "--seeds",
        "3",
        "--environments",
        "2,4",
        "--figures",
        "calls,opens",
        "--json",
    ]);
    assert!(output.status.success());
    let lines: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = lines.as_array().unwrap();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["environments"], 2);
    assert_eq!(lines[0]["runs"], 3);
    let calls = &lines[0]["spread"];
    assert!(calls["min"].as_f64() <= calls["median"].as_f64());
    assert!(calls["median"].as_f64() <= calls["p99"].as_f64());
}

#[test]
fn tables_are_a_page_and_say_by_their_end_what_held() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tables");
    let rows = folder.join("rows");
    std::fs::create_dir_all(&rows).unwrap();
    std::fs::write(rows.join("small.toml"), SMALL).unwrap();
    let tables = |row: &str| {
        sim(&[
            "tables",
            "--scenarios",
            rows.to_str().unwrap(),
            "--row",
            row,
        ])
    };
    let output = tables("small");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("Held in 1 of 1 fleets"), "{page}");
    let unheld = SMALL.replace("opens == 1", "opens == 7");
    std::fs::write(rows.join("small.toml"), unheld).unwrap();
    assert_eq!(tables("small").status.code(), Some(1));
    let output = tables("smal");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("there is no row smal; there are small"),
        "{told}"
    );
}

#[test]
fn a_judged_scenario_prints_each_rule_and_says_by_its_end_whether_all_hold() {
    let path = file("small-judge.toml", SMALL);
    let output = sim(&["judge", path.to_str().unwrap(), "--rules", "needless,late"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.contains("needless") && table.contains("late"),
        "{table}"
    );
    assert!(!table.contains("cheap"), "{table}");
    let unguarded = SMALL.to_owned() + "[breaker]\nkind = \"none\"\n";
    let path = file("small-judge-none.toml", &unguarded);
    let output = sim(&["judge", path.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let late = &findings[2]["measures"][0];
    assert!(
        late["figure"].as_f64() > late["bound"].as_f64(),
        "{findings}"
    );
}

#[test]
fn a_grid_prints_a_table_and_writes_into_its_folder_alone() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grid");
    let arguments = [
        "grid",
        "--cells",
        "6",
        "--seed",
        "3",
        "--kinds",
        "none,fleet",
    ];
    let output = sim(&arguments);
    assert!(output.status.success(), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    let head: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["rule", "none", "fleet"]);
    let with_folder = [&arguments[..], &["--out", folder.to_str().unwrap()]].concat();
    assert!(sim(&with_folder).status.success());
    assert!(folder.join("grid.md").exists() && folder.join("map-late.svg").exists());
    let unknown = sim(&["grid", "--rules", "lait"]);
    let told = String::from_utf8(unknown.stderr).unwrap();
    assert!(
        told.contains("must be one of needless, return, late"),
        "{told}"
    );
}
