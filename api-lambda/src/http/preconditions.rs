//! Conditions on an item's version: `ETag`, `If-Match`, `If-None-Match` (RFC
//! 9110, sections 8.8.3 and 13.1).
//!
//! An item's tag is strong and made of its version alone. Whatever else has the
//! form of a tag is a tag of something else, so it is compared and never
//! matches; what has not even that form is a mistake worth telling.

use axum::http::{HeaderMap, HeaderValue};
use contract::{FieldError, Version};

/// No item ever has this version, so waiting for it is in vain.
const NO_VERSION: Version = 0;

/// An item's `ETag`.
pub(super) fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// The version that the client expects of what it writes, if it says so. The
/// opposite condition would have to be met as well, so it is refused and not ignored
/// (section 13.1.2).
///
/// `*` asks for any version; an item that is not there is not found with and
/// without it (section 13.2.1).
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Version>, FieldError> {
    const NAME: &str = "If-Match";
    if headers.contains_key("If-None-Match") {
        return Err(mistake(
            "If-None-Match",
            "goes with reading only; a write takes If-Match",
        ));
    }
    match tags(headers, NAME)? {
        None | Some(Tags::Any) => Ok(None),
        Some(Tags::These(tags)) => match tags.as_slice() {
            [Tag { weak: true, .. }] => Err(mistake(
                NAME,
                "must be a strong ETag, such as \"3\": a weak one never matches",
            )),
            [tag] => Ok(Some(tag.version().unwrap_or(NO_VERSION))),
            _ => Err(mistake(NAME, "must be one ETag, such as \"3\", or *")),
        },
    }
}

/// The versions that the client has already, if it says so.
pub(super) fn if_none_match(headers: &HeaderMap) -> Result<Known, FieldError> {
    tags(headers, "If-None-Match").map(Known)
}

/// What a client has already.
pub(super) struct Known(Option<Tags>);

impl Known {
    /// Whether it has this version. That a tag became weak on its way, as it does
    /// when a proxy compresses an answer, does not matter to a read.
    pub(super) fn includes(&self, version: Version) -> bool {
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::These(tags)) => tags.iter().any(|tag| tag.version() == Some(version)),
        }
    }
}

enum Tags {
    Any,
    These(Vec<Tag>),
}

struct Tag {
    weak: bool,
    opaque: String,
}

impl Tag {
    /// Tags are compared letter by letter: `"03"` is not the tag of version 3.
    fn version(&self) -> Option<Version> {
        let version: Version = self.opaque.parse().ok()?;
        (version > NO_VERSION && version.to_string() == self.opaque).then_some(version)
    }
}

fn tags(headers: &HeaderMap, name: &'static str) -> Result<Option<Tags>, FieldError> {
    let lines = headers.get_all(name).iter();
    let lines: Vec<&str> = lines
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    parse(&lines.join(","))
        .map(Some)
        .ok_or_else(|| mistake(name, "must be the ETag of an answer, such as \"3\", or *"))
}

fn parse(text: &str) -> Option<Tags> {
    let mut rest = text.trim();
    if rest == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    loop {
        let weak = rest.strip_prefix("W/");
        let (opaque, after) = weak.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        if !opaque.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        tags.push(Tag {
            weak: weak.is_some(),
            opaque: opaque.to_owned(),
        });
        let after = after.trim_start();
        if after.is_empty() {
            return Some(Tags::These(tags));
        }
        rest = after.strip_prefix(',')?.trim_start();
    }
}

fn mistake(name: &str, message: &str) -> FieldError {
    FieldError {
        field: name.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(value: &'static str) -> Result<Option<Version>, FieldError> {
        let value = HeaderValue::from_static(value);
        if_match(&[("if-match".parse().unwrap(), value)].into_iter().collect())
    }

    fn includes_3(value: &'static str) -> bool {
        let value = HeaderValue::from_static(value);
        let headers = [("if-none-match".parse().unwrap(), value)];
        if_none_match(&headers.into_iter().collect())
            .unwrap()
            .includes(3)
    }

    #[test]
    fn a_tag_of_this_api_is_its_version_and_any_other_is_a_version_that_never_is() {
        assert_eq!(expected("\"3\""), Ok(Some(3)));
        assert_eq!(expected("*"), Ok(None));
        for foreign in ["\"03\"", "\"+3\"", "\"0\"", "\"-1\"", "\"x\"", "\"\""] {
            assert_eq!(expected(foreign), Ok(Some(NO_VERSION)), "{foreign}");
        }
    }

    #[test]
    fn a_condition_that_a_write_cannot_keep_is_a_mistake() {
        let headers = [(
            "if-none-match".parse().unwrap(),
            HeaderValue::from_static("*"),
        )];
        let refused = if_match(&headers.into_iter().collect()).unwrap_err();
        assert_eq!(refused.field, "If-None-Match");
    }

    #[test]
    fn what_is_no_tag_or_cannot_be_one_strong_tag_is_a_mistake() {
        for wrong in [
            "3",
            "",
            "\"3",
            "3\"",
            "*, \"3\"",
            "\"3\" \"4\"",
            "\"3\",",
            "w/\"3\"",
        ] {
            assert!(expected(wrong).is_err(), "{wrong}");
        }
        assert!(expected("W/\"3\"").unwrap_err().message.contains("weak"));
        assert!(
            expected("\"3\", \"4\"")
                .unwrap_err()
                .message
                .contains("one")
        );
    }

    #[test]
    fn a_client_may_have_many_versions_and_weak_ones() {
        for value in ["\"3\"", "W/\"3\"", "\"1\", W/\"x\" ,\"3\"", "*"] {
            assert!(includes_3(value), "{value}");
        }
        for value in ["\"4\"", "\"03\"", "\"1\", \"2\""] {
            assert!(!includes_3(value), "{value}");
        }
    }
}
