//! What the cache says when it refuses, and whose failure that is.
//!
//! A server's own words may repeat keys and values (`unknown command …, with args
//! beginning with …`), and so may those of a parser. So nothing of them is kept but
//! a code, and no log can show them.

use redis::{ErrorKind, RedisError};

/// Why there was no answer that could be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server answers, and refuses.
    #[error("the server refuses: {0}")]
    Refused(Code),
    /// There is no connection, or it broke; in the words of this machine.
    #[error("{0}")]
    Connection(String),
    /// The server lets no connection in.
    #[error("the server lets no connection in: {0}")]
    TurnedAway(Code),
    /// The answer has another shape than the command gives.
    #[error("the answer has an unexpected shape")]
    UnexpectedAnswer,
    /// What comes over the connection is not the cache's protocol, or the client
    /// cannot go on.
    #[error("the connection cannot be used: {0}")]
    Protocol(&'static str),
}

/// The first word of a refusal, such as `READONLY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The code that a server's refusal begins with, or that it stands for.
    fn new(code: &str, detail: &str) -> Self {
        const LONGEST: usize = 24;
        // A script that may not send a command, and a server without room for one
        // more client, have no code of their own.
        let stands_for = match code {
            "ERR" if detail.starts_with("ACL failure in script") => "NOPERM",
            "ERR" if detail.starts_with("max number of clients") => "MAXCLIENTS",
            code => code,
        };
        let is_code =
            stands_for.len() <= LONGEST && stands_for.bytes().all(|byte| byte.is_ascii_uppercase());
        Self(if is_code { stands_for } else { "(unknown)" }.to_owned())
    }

    /// Whether the server is well and others commands may well succeed.
    ///
    /// Each code that is not known to be about the command alone is the server's
    /// failure: a cache that refuses for a reason that this version does not know
    /// is of no use either. `NOPERM` is among them: users are made for exactly what
    /// the functions send, so one that lacks a permission cannot do its work.
    pub fn is_about_the_command(&self) -> bool {
        matches!(
            &*self.0,
            // The key holds another type than the command works on.
            "WRONGTYPE"
            // Unknown command, wrong arguments, an error in a script.
            | "ERR" | "NOSCRIPT" | "NOPROTO"
            // Only in transactions, in clusters, for scripts, for subscribers.
            | "EXECABORT" | "CROSSSLOT" | "NOTBUSY" | "NOSUB"
        )
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Failure {
    /// Whether the cache is well and only this command was at fault.
    pub fn is_about_the_command(&self) -> bool {
        match self {
            Self::Refused(code) => code.is_about_the_command(),
            Self::UnexpectedAnswer => true,
            Self::Connection(_) | Self::TurnedAway(_) | Self::Protocol(_) => false,
        }
    }

    /// Whether the key holds another type than the command works on.
    pub(super) fn is_wrong_type(&self) -> bool {
        matches!(self, Self::Refused(code) if code.0 == "WRONGTYPE")
    }

    /// The same, met while a connection is made: whatever the server refuses then, it
    /// refuses every command.
    pub(super) fn while_connecting(self) -> Self {
        match self {
            Self::Refused(code) => Self::TurnedAway(code),
            failure => failure,
        }
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension => {
                let (code, detail) = (error.code(), error.detail());
                let code = Code::new(code.unwrap_or_default(), detail.unwrap_or_default());
                Self::Refused(code)
            }
            ErrorKind::Io => Self::Connection(error.to_string()),
            ErrorKind::AuthenticationFailed => Self::TurnedAway(Code::new("WRONGPASS", "")),
            ErrorKind::UnexpectedReturnType => Self::UnexpectedAnswer,
            ErrorKind::Parse => Self::Protocol("it does not speak the cache's protocol"),
            _ => Self::Protocol("the client gave up"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blames_the_command(code: &str, detail: &str) -> bool {
        Code::new(code, detail).is_about_the_command()
    }

    #[test]
    fn a_state_of_the_server_is_the_servers_failure() {
        for code in [
            "NOAUTH",
            "WRONGPASS",
            "NOPERM",
            "BUSY",
            "UNKILLABLE",
            "OOM",
            "MISCONF",
            "NOREPLICAS",
            "LOADING",
            "READONLY",
            "MASTERDOWN",
            "CLUSTERDOWN",
            "TRYAGAIN",
            "MOVED",
            "ASK",
            "NOMASTERLINK",
            "IOERR",
            "DENIED",
            "MAXCLIENTS",
            "",
            "ANYTHINGNEW",
            "a sentence",
        ] {
            assert!(!blames_the_command(code, "some words"), "{code}");
        }
    }

    #[test]
    fn what_the_command_is_to_blame_for_is_not() {
        for code in [
            "ERR",
            "WRONGTYPE",
            "NOSCRIPT",
            "EXECABORT",
            "CROSSSLOT",
            "NOTBUSY",
            "NOSUB",
        ] {
            assert!(blames_the_command(code, "some words"), "{code}");
        }
    }

    #[test]
    fn what_a_general_error_stands_for_is_told_by_its_words() {
        for (detail, code) in [
            (
                "ACL failure in script: User u has no permissions to run the 'set' command",
                "NOPERM",
            ),
            ("max number of clients reached", "MAXCLIENTS"),
            ("unknown command 'x', with args beginning with: 'a'", "ERR"),
        ] {
            assert_eq!(Code::new("ERR", detail).to_string(), code);
        }
    }

    #[test]
    fn nothing_of_the_servers_words_is_kept_but_a_code() {
        for words in [
            "Secret",
            "SECRET WORDS",
            "secret",
            "A_SECRET",
            &"S".repeat(25),
        ] {
            assert_eq!(
                Code::new(words, "secret").to_string(),
                "(unknown)",
                "{words}"
            );
        }
    }
}
