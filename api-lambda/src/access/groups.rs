//! A token's groups, as API Gateway writes them.

/// The groups in the text that an HTTP API makes of the claim `cognito:groups`.
///
/// The claim is a list, and API Gateway hands every claim over as text: the names of a list
/// stand in brackets, with a space between them (`[operators readers]`). Cognito allows no
/// space in a name, but commas, quotes and brackets, so nothing else may separate two names.
/// Any other text is one name, however it looks.
pub(super) fn listed(claim: &str) -> impl Iterator<Item = &str> {
    let list = claim
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    list.unwrap_or(claim)
        .split(' ')
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_in_brackets_with_spaces_between() {
        for (claim, groups) in [
            ("", &[][..]),
            ("[]", &[]),
            ("[operators]", &["operators"]),
            ("[operators readers]", &["operators", "readers"]),
            ("operators", &["operators"]),
        ] {
            assert_eq!(listed(claim).collect::<Vec<_>>(), groups, "{claim}");
        }
    }

    #[test]
    fn no_name_of_a_group_can_be_taken_for_two() {
        for claim in [
            "[a,operators]",
            "a,operators",
            "[\"operators\"]",
            "[[operators]]",
            "[operators",
            "operators]",
            "[Operators]",
            "[operators\u{a0}]",
            "[operators\t]",
        ] {
            assert!(!listed(claim).any(|name| name == "operators"), "{claim}");
        }
    }
}
