//! What Cargo warned of, as its log tells.

/// Each warning up to the empty line that ends it.
pub(super) fn of_cargo(log: &str) -> Vec<&str> {
    let mut told = Vec::new();
    let mut inside = false;
    for line in log.lines() {
        inside = !line.trim().is_empty() && (inside || line.starts_with("warning"));
        if inside {
            told.push(line);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_found_with_what_they_point_at() {
        let log = "   Compiling one v0.1.0
warning: unused variable: `x`
 --> src/lib.rs:1:5

warning[E0001]: another
warning: `one` (lib) generated 2 warnings

test tells::a_warning ... ok
    Finished `local` profile
";
        let expected = [
            "warning: unused variable: `x`",
            " --> src/lib.rs:1:5",
            "warning[E0001]: another",
            "warning: `one` (lib) generated 2 warnings",
        ];
        assert_eq!(of_cargo(log), expected);
    }

    #[test]
    fn a_log_without_warnings_has_none() {
        assert_eq!(
            of_cargo("   Compiling one\n a warning: no\n"),
            Vec::<&str>::new()
        );
    }
}
