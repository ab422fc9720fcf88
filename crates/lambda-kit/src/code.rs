//! Codes by which servers and functions say what went wrong.

use std::{borrow::Cow, fmt};

/// A code, such as `AccessDeniedException` or `NOAUTH`: 1 to 64 of `A-Z a-z 0-9 . _ : -`.
///
/// Beside a code, servers send a text for people, which may quote what they were sent. An error
/// that holds a `Code` and no `String` cannot bring such a text into a log line: whatever is no
/// code by its letters is [`Code::UNKNOWN`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(Cow<'static, str>);

impl Code {
    /// What stands for a code that is missing, or is none.
    pub const UNKNOWN: Self = Self(Cow::Borrowed("unknown"));

    const LONGEST: usize = 64;

    /// The code that is written in the program.
    pub const fn known(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The code that somebody else sent, if it is one.
    pub fn received(text: Option<&str>) -> Self {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        let is_code =
            |text: &&str| (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(allowed);
        text.filter(is_code)
            .map_or(Self::UNKNOWN, |text| Self(Cow::Owned(text.to_owned())))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_over_and_a_text_is_not() {
        for code in [
            "AccessDeniedException",
            "Runtime.ExitError",
            "NOAUTH",
            "55P03",
        ] {
            assert_eq!(Code::received(Some(code)).as_str(), code);
        }
        for text in ["", "not a code", "\"quoted\"", "naïve", &"x".repeat(65)] {
            assert_eq!(Code::received(Some(text)), Code::UNKNOWN, "{text}");
        }
        assert_eq!(Code::received(None), Code::UNKNOWN);
    }
}
