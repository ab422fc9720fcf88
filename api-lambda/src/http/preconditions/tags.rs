//! Lists of entity tags.

use axum::http::{HeaderMap, HeaderValue};
use contract::{FieldError, Version, decimal};

/// What `If-Match` and `If-None-Match` hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// `*`.
    Any,
    /// A list, which may be empty.
    These(Vec<Tag>),
}

/// An entity tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag {
    weak: bool,
    /// The version whose tag it is. Tags are compared letter by letter, so `"03"` is not the
    /// tag of version 3, and most tags are of no version.
    version: Option<Version>,
}

impl Tags {
    /// What the header says, if it is there. Several lines of it are one list.
    pub(super) fn of(headers: &HeaderMap, name: &str) -> Result<Option<Self>, FieldError> {
        let lines = headers.get_all(name).iter();
        let lines: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
        if lines.is_empty() {
            return Ok(None);
        }
        Self::parse(&lines.join(&b',')).map(Some).ok_or_else(|| {
            let message = "must be * or a list of ETags in double quotes, such as \"3\"";
            FieldError {
                field: name.to_owned(),
                message: message.to_owned(),
            }
        })
    }

    /// `"*" / #entity-tag`, where a recipient ignores empty elements of a list (RFC 9110,
    /// section 5.6.1.2).
    fn parse(field: &[u8]) -> Option<Self> {
        let mut rest = skip_spaces(field);
        if rest.first() == Some(&b'*') {
            return skip_spaces(&rest[1..]).is_empty().then_some(Self::Any);
        }
        let mut tags = Vec::new();
        loop {
            match rest.first() {
                None => return Some(Self::These(tags)),
                Some(b',') => rest = skip_spaces(&rest[1..]),
                Some(_) => {
                    let (tag, after) = Tag::parse(rest)?;
                    tags.push(tag);
                    rest = skip_spaces(after);
                    if !matches!(rest.first(), None | Some(b',')) {
                        return None;
                    }
                }
            }
        }
    }

    /// By strong comparison, in which a weak tag matches nothing (section 8.8.3.2).
    pub(super) fn include_strongly(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags
                .iter()
                .any(|tag| !tag.weak && tag.version == Some(version)),
        }
    }

    /// By weak comparison: that a tag became weak on its way, as it does when a proxy
    /// compresses an answer, does not matter.
    pub(super) fn include_weakly(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag.version == Some(version)),
        }
    }

    /// The versions that a strong comparison finds in the list.
    pub(super) fn strong_versions(&self) -> Vec<Version> {
        let strong = self.listed().iter().filter(|tag| !tag.weak);
        strong.filter_map(|tag| tag.version).collect()
    }

    /// The versions that a weak comparison finds in the list.
    pub(super) fn weak_versions(&self) -> Vec<Version> {
        self.listed().iter().filter_map(|tag| tag.version).collect()
    }

    fn listed(&self) -> &[Tag] {
        match self {
            Self::Any => &[],
            Self::These(tags) => tags,
        }
    }
}

impl Tag {
    /// `[ "W/" ] DQUOTE *etagc DQUOTE` and what follows (section 8.8.3).
    fn parse(text: &[u8]) -> Option<(Self, &[u8])> {
        let weak = text.strip_prefix(b"W/");
        let quoted = weak.unwrap_or(text).strip_prefix(b"\"")?;
        let end = quoted.iter().position(|byte| *byte == b'"')?;
        let (opaque, after) = (&quoted[..end], &quoted[end + 1..]);
        let etagc = |byte: &u8| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xff);
        if !opaque.iter().all(etagc) {
            return None;
        }
        let version = std::str::from_utf8(opaque).ok().and_then(decimal);
        let tag = Self {
            weak: weak.is_some(),
            version: version.filter(|version| *version > 0),
        };
        Some((tag, after))
    }
}

/// Optional white space is spaces and tabs (section 5.6.3).
fn skip_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    &text[end.count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strong(version: Version) -> Tag {
        Tag {
            weak: false,
            version: Some(version),
        }
    }

    fn weak(version: Version) -> Tag {
        Tag {
            weak: true,
            ..strong(version)
        }
    }

    #[test]
    fn a_list_may_have_empty_elements_and_spaces_and_tabs_around_its_commas() {
        for list in [
            "\"3\",W/\"4\"",
            "\"3\",",
            ",\"3\"",
            " , ,\t\"3\"\t ,,W/\"4\" , ",
            "\"3\",W/\"4\",,",
        ] {
            let both = list.contains('W');
            let expected = [strong(3)].into_iter().chain(both.then(|| weak(4)));
            let expected = Some(Tags::These(expected.collect()));
            assert_eq!(Tags::parse(list.as_bytes()), expected, "{list}");
        }
        for empty in ["", " ", ",", " ,\t, "] {
            let expected = Some(Tags::These(Vec::new()));
            assert_eq!(Tags::parse(empty.as_bytes()), expected, "{empty:?}");
        }
        for any in ["*", " * "] {
            assert_eq!(Tags::parse(any.as_bytes()), Some(Tags::Any));
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for wrong in [
            "3",
            "\"3",
            "3\"",
            "*, \"3\"",
            "\"3\", *",
            "*,",
            "**",
            "\"3\" \"4\"",
            "\"3\"\"4\"",
            "w/\"3\"",
            "W/ \"3\"",
            "W/3",
            "\"a b\"",
            "\"a\tb\"",
            "\"\u{7f}\"",
            "\"3\";",
            "\u{a0}\"3\"",
        ] {
            assert_eq!(Tags::parse(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_tag_is_of_the_version_that_it_spells_exactly() {
        for other in [
            "03",
            "+3",
            "0",
            "-1",
            "x",
            "",
            "3,4",
            "9223372036854775808",
            "é",
            "\\",
        ] {
            let tag = format!("\"{other}\"");
            let expected = Tag {
                weak: false,
                version: None,
            };
            let expected = Some(Tags::These(vec![expected]));
            assert_eq!(Tags::parse(tag.as_bytes()), expected, "{tag}");
        }
        let obsolete = Tags::parse(b"\"\xff\x80\", \"3\"");
        assert!(obsolete.is_some_and(|tags| tags.include_strongly(3)));
    }
}
