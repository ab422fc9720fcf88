//! The versions at which a write may be done.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Version;

/// No item ever has this version.
const NO_VERSION: Version = 0;

/// What the conditions of a request (`If-Match`, `If-None-Match`) ask of an item's version.
///
/// A single version is a plain number on the wire, as it is for a Retry Lambda of an earlier
/// release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expected(Versions);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Versions {
    One(Version),
    OneOf(BTreeSet<Version>),
    NoneOf { none_of: BTreeSet<Version> },
}

impl Expected {
    /// One of these; if there are none, no version will do.
    pub fn one_of(versions: impl IntoIterator<Item = Version>) -> Self {
        let versions: BTreeSet<Version> = versions.into_iter().collect();
        let mut each = versions.iter();
        match (each.next(), each.next()) {
            (None, _) => Self(Versions::One(NO_VERSION)),
            (Some(one), None) => Self(Versions::One(*one)),
            (Some(_), Some(_)) => Self(Versions::OneOf(versions)),
        }
    }

    /// Any but these.
    pub fn none_of(versions: impl IntoIterator<Item = Version>) -> Self {
        Self(Versions::NoneOf {
            none_of: versions.into_iter().collect(),
        })
    }

    /// Whether an item of this version may be written.
    pub fn allows(&self, version: Version) -> bool {
        match &self.0 {
            Versions::One(one) => *one == version,
            Versions::OneOf(versions) => versions.contains(&version),
            Versions::NoneOf { none_of } => !none_of.contains(&version),
        }
    }
}

impl From<Version> for Expected {
    fn from(version: Version) -> Self {
        Self::one_of([version])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_form_allows_what_it_says() {
        let allowed = |expected: Expected| -> Vec<Version> {
            (1..=4)
                .filter(|version| expected.allows(*version))
                .collect()
        };
        assert_eq!(allowed(2.into()), [2]);
        assert_eq!(allowed(Expected::one_of([4, 2, 9])), [2, 4]);
        assert_eq!(allowed(Expected::one_of([])), Vec::<Version>::new());
        assert_eq!(allowed(Expected::none_of([2, 3])), [1, 4]);
        assert_eq!(allowed(Expected::none_of([])), [1, 2, 3, 4]);
    }

    #[test]
    fn the_wire_has_a_plain_number_for_one_version_and_the_order_of_several_does_not_matter() {
        for (expected, wire) in [
            (Expected::from(3), json!(3)),
            (Expected::one_of([3, 3]), json!(3)),
            (Expected::one_of([]), json!(0)),
            (Expected::one_of([4, 3]), json!([3, 4])),
            (Expected::none_of([4, 3]), json!({"none_of": [3, 4]})),
        ] {
            assert_eq!(serde_json::to_value(&expected).unwrap(), wire);
            assert_eq!(serde_json::from_value::<Expected>(wire).unwrap(), expected);
        }
    }
}
