//! What is wrong with a JSON text, without a word of the text.

use serde_json::error::Category;

/// Why JSON cannot be read or written, and where in the text.
///
/// `serde_json` quotes the value that it does not expect (`invalid type: string "…"`),
/// and values are what clients store. This type takes over the kind and the place alone,
/// so that no log line that shows it can hold a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is no JSON.
    #[error("no JSON from line {line}, column {column} on")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// The text ends in the middle of a value.
    #[error("the JSON ends too early")]
    Incomplete,
    /// It is JSON, but not of the type expected: a field is missing, unknown, or has a
    /// value that it cannot have.
    #[error("the JSON has another form than expected")]
    Mismatch,
    /// The value cannot be written as JSON.
    #[error("the value cannot be written as JSON")]
    Unwritable,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        match error.classify() {
            Category::Syntax => Self::Syntax {
                line: error.line(),
                column: error.column(),
            },
            Category::Eof => Self::Incomplete,
            Category::Data => Self::Mismatch,
            Category::Io => Self::Unwritable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Read, Request, RetryEvent, Write};

    const SECRET: &str = "s3cr3t";

    /// Whatever of ours is read from whatever text that holds the secret: the error does not.
    #[test]
    fn no_error_repeats_what_the_text_holds() {
        let texts = [
            SECRET.to_owned(),
            format!("\"{SECRET}\""),
            format!("[\"{SECRET}\"]"),
            format!("{{\"{SECRET}\": 1}}"),
            format!("{{\"command\": \"{SECRET}\"}}"),
            format!("{{\"schema\": \"{SECRET}\"}}"),
            format!("{{\"request_id\": \"{SECRET}\", \"deadline\": \"{SECRET}\"}}"),
            format!("{{\"create\": {{\"id\": \"{SECRET}\"}}}}"),
            format!("{{\"create\": \"{SECRET}"),
        ];
        for text in &texts {
            let errors = [
                serde_json::from_str::<RetryEvent>(text).err(),
                serde_json::from_str::<Request<Write>>(text).err(),
                serde_json::from_str::<Write>(text).err(),
                serde_json::from_str::<Request<Read>>(text).err(),
                serde_json::from_str::<u32>(text).err(),
            ];
            for error in errors.into_iter().flatten().map(JsonError::from) {
                let told = format!("{error} {error:?}");
                assert!(!told.contains(SECRET), "{text}: {told}");
            }
        }
    }

    #[test]
    fn each_kind_of_mistake_is_told_apart() {
        let told = |text: &str| JsonError::from(serde_json::from_str::<u32>(text).unwrap_err());
        assert_eq!(told("\n  x"), JsonError::Syntax { line: 2, column: 3 });
        assert_eq!(told("["), JsonError::Mismatch);
        assert_eq!(told(""), JsonError::Incomplete);
        assert_eq!(told("\"1\""), JsonError::Mismatch);
    }
}
