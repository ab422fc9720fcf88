//! What is measured.

use serde_json::{Value, json};

use super::event::event;

/// A function that says hello, or a request of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// A function of `lambda_http` that says hello.
    Hello,
    /// One that has another one say hello.
    HelloThrough,
    /// A request.
    Request(Request),
}

/// A request of the API, with what it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Answered by the API function alone.
    Health,
    /// A read that the cache answers.
    Cached,
    /// A read that the cache does not answer.
    Database,
    /// A replacement.
    Write,
    /// A read while the circuit in front of the Retry function is open.
    Open,
}

impl Request {
    pub(super) const ALL: [Self; 5] = [
        Self::Health,
        Self::Cached,
        Self::Database,
        Self::Write,
        Self::Open,
    ];

    /// The request as the page calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Health => "`GET /health`",
            Self::Cached => "`GET /items/{id}`, from the cache",
            Self::Database => "`GET /items/{id}`, from the database",
            Self::Write => "`PUT /items/{id}`",
            Self::Open => "`GET /items/{id}`, circuit open",
        }
    }

    /// What invokes no other function is compared with the one that does not either.
    pub(super) fn hello(self) -> Subject {
        match self {
            Self::Health => Subject::Hello,
            Self::Cached | Self::Database | Self::Write | Self::Open => Subject::HelloThrough,
        }
    }

    /// What stands in every right answer: where it came from.
    fn proof(self) -> &'static str {
        match self {
            Self::Health => r#"\"status\":\"ok\""#,
            Self::Cached => r#"\"source\":\"cache\""#,
            Self::Database | Self::Write => r#"\"source\":\"database\""#,
            Self::Open => r#"\"source\":\"fallback\""#,
        }
    }

    /// How many items each caller asks for in turn. An item that the database is to be
    /// asked for must not come up again within half a second: for so long, others wait for
    /// the reader that has the item's lease.
    pub(super) fn items(self) -> usize {
        match self {
            Self::Health | Self::Cached | Self::Open => 1,
            Self::Write => 8,
            Self::Database => 600,
        }
    }

    /// How long entries of the cache do instead of the database, in the variable's form.
    pub(super) fn freshness_ms(self) -> &'static str {
        match self {
            Self::Database => "1",
            Self::Health | Self::Cached | Self::Write | Self::Open => "5000",
        }
    }

    fn event(self, item: &str) -> Value {
        let (route, path) = ("/items/{id}", format!("/items/{item}"));
        match self {
            Self::Health => event("GET", "/health", "/health", None),
            Self::Cached | Self::Database | Self::Open => event("GET", route, &path, None),
            Self::Write => event("PUT", route, &path, Some(&draft())),
        }
    }
}

impl Subject {
    /// The event that one of its invocations takes.
    pub(super) fn event(self, item: &str) -> Value {
        match self {
            Self::Hello | Self::HelloThrough => event("GET", "/", "/", None),
            Self::Request(request) => request.event(item),
        }
    }

    /// Whether an answer came about as it was to.
    pub(super) fn is_right(self, answer: &str) -> bool {
        answer.contains(match self {
            Self::Hello | Self::HelloThrough => "Hello, world!",
            Self::Request(request) => request.proof(),
        })
    }

    pub(super) fn items(self) -> usize {
        match self {
            Self::Hello | Self::HelloThrough => 1,
            Self::Request(request) => request.items(),
        }
    }
}

/// An item of usual size.
pub(super) fn draft() -> Value {
    json!({
        "name": "Two-pole voltage tester",
        "description": "12–1000 V, CAT IV, with continuity",
        "quantity": 9,
    })
}
