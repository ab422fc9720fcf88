//! Conditions on an item's version: `ETag`, `If-Match`, `If-None-Match` (RFC
//! 9110, sections 8.8.3 and 13).
//!
//! An item's tag is strong and made of its version alone. Whatever else has the
//! form of a tag is a tag of something else, so it is compared and never
//! matches; what has not even that form is a mistake worth telling.
//!
//! A condition is evaluated only where the request would succeed without it
//! (section 13.2.1): an item that is not there is not found, `*` or not.

mod tags;

use axum::http::{HeaderMap, HeaderValue};
use contract::{Expected, FieldError, Version};

use self::tags::Tags;
use super::problem::Problem;

/// An item's `ETag`.
pub(super) fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// The conditions of a request.
#[derive(Debug, Default)]
pub(super) struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

/// What the conditions come to for a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They hold.
    Hold,
    /// The client has this version already: 304.
    Known,
    /// The client wants another version: 412.
    Fail,
}

/// Reads the conditions of a request.
pub(super) fn read(headers: &HeaderMap) -> Result<Preconditions, Vec<FieldError>> {
    match (
        Tags::of(headers, "If-Match"),
        Tags::of(headers, "If-None-Match"),
    ) {
        (Ok(if_match), Ok(if_none_match)) => Ok(Preconditions {
            if_match,
            if_none_match,
        }),
        (if_match, if_none_match) => {
            let errors = [if_match.err(), if_none_match.err()];
            Err(errors.into_iter().flatten().collect())
        }
    }
}

/// Whether the conditions hold for a resource that is there and has no `ETag`.
pub(super) fn of_resource_without_etag(headers: &HeaderMap) -> Result<(), Problem> {
    let conditions = read(headers).map_err(Problem::invalid_parameters)?;
    let wants_tag = matches!(conditions.if_match, Some(Tags::These(_)));
    if wants_tag || matches!(conditions.if_none_match, Some(Tags::Any)) {
        return Err(Problem::precondition_failed());
    }
    Ok(())
}

impl Preconditions {
    /// For a read of an item at this version, in the order of section 13.2.2.
    pub(super) fn of_read(&self, version: Version) -> Verdict {
        let matches = |tags: &Tags| tags.include_strongly(version);
        let known = |tags: &Tags| tags.include_weakly(version);
        if !self.if_match.as_ref().is_none_or(matches) {
            Verdict::Fail
        } else if self.if_none_match.as_ref().is_some_and(known) {
            Verdict::Known
        } else {
            Verdict::Hold
        }
    }

    /// The versions of an item at which a write may be done; `None` if any will do.
    pub(super) fn of_write(&self) -> Option<Expected> {
        match (&self.if_match, &self.if_none_match) {
            // Only an item that is there is looked at, so one condition contradicts it.
            (_, Some(Tags::Any)) => Some(Expected::one_of([])),
            (None | Some(Tags::Any), None) => None,
            (None | Some(Tags::Any), Some(known)) => Some(known.weak_versions())
                .filter(|known| !known.is_empty())
                .map(Expected::none_of),
            (Some(expected), None) => Some(Expected::one_of(expected.strong_versions())),
            (Some(expected), Some(known)) => {
                let expected = expected.strong_versions().into_iter();
                Some(Expected::one_of(
                    expected.filter(|version| !known.include_weakly(*version)),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["if-match", "if-none-match"];

    fn headers(if_match: &str, if_none_match: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in NAMES.into_iter().zip([if_match, if_none_match]) {
            if value != "-" {
                headers.insert(name, value.parse().unwrap());
            }
        }
        headers
    }

    fn conditions(if_match: &str, if_none_match: &str) -> Preconditions {
        read(&headers(if_match, if_none_match)).unwrap()
    }

    /// Every kind of field value, for version 3; `-` is no field.
    const VALUES: [&str; 9] = [
        "-",
        "*",
        "",
        "\"3\"",
        "W/\"3\"",
        "\"4\"",
        "\"4\", \"3\"",
        "W/\"3\", \"4\"",
        "\"x\"",
    ];

    /// What RFC 9110 says of an item that is there, at version 3.
    fn rule(if_match: &str, if_none_match: &str) -> Verdict {
        let strong = ["*", "\"3\"", "\"4\", \"3\""];
        let weak = ["*", "\"3\"", "W/\"3\"", "\"4\", \"3\"", "W/\"3\", \"4\""];
        if if_match != "-" && !strong.contains(&if_match) {
            Verdict::Fail
        } else if weak.contains(&if_none_match) {
            Verdict::Known
        } else {
            Verdict::Hold
        }
    }

    #[test]
    fn reads_and_writes_obey_every_pair_of_conditions_alike() {
        for if_match in VALUES {
            for if_none_match in VALUES {
                let conditions = conditions(if_match, if_none_match);
                let verdict = rule(if_match, if_none_match);
                let pair = format!("{if_match} | {if_none_match}");
                assert_eq!(conditions.of_read(3), verdict, "{pair}");
                let allowed = conditions
                    .of_write()
                    .is_none_or(|expected| expected.allows(3));
                assert_eq!(allowed, verdict == Verdict::Hold, "{pair}");
            }
        }
    }

    #[test]
    fn a_write_without_a_condition_that_could_fail_expects_nothing() {
        for if_match in ["-", "*"] {
            for if_none_match in ["-", "", "\"x\""] {
                assert_eq!(conditions(if_match, if_none_match).of_write(), None);
            }
        }
    }

    #[test]
    fn a_resource_without_a_tag_matches_no_tag_and_is_there_all_the_same() {
        for if_match in VALUES {
            for if_none_match in VALUES {
                let holds = ["-", "*"].contains(&if_match) && if_none_match != "*";
                let headers = headers(if_match, if_none_match);
                assert_eq!(of_resource_without_etag(&headers).is_ok(), holds);
            }
        }
    }

    #[test]
    fn mistakes_in_both_headers_are_told_at_once() {
        let headers = NAMES.map(|name| (name.parse().unwrap(), HeaderValue::from_static("3")));
        let errors = read(&headers.into_iter().collect()).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["If-Match", "If-None-Match"]);
    }
}
