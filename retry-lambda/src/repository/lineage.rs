//! Whether the server is the one that was written down.

/// What the table has, and what the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Recorded {
    pub(super) number: i64,
    pub(super) lineage: Option<String>,
    /// `None` if the server does not tell.
    pub(super) server: Option<String>,
}

/// What has to be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ruling {
    /// Nothing.
    Keep,
    /// The lineage, which nobody has seen before.
    Adopt,
    /// The lineage and a new number: the database was set back.
    Begin,
}

impl Recorded {
    pub(super) fn ruling(&self) -> Ruling {
        match (&self.lineage, &self.server) {
            (_, None) => Ruling::Keep,
            (None, Some(_)) => Ruling::Adopt,
            (Some(recorded), Some(server)) if recorded == server => Ruling::Keep,
            (Some(_), Some(_)) => Ruling::Begin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_incarnation_begins_where_another_lineage_was_written_down() {
        for (lineage, server, ruling) in [
            (None, None, Ruling::Keep),
            (Some("a"), None, Ruling::Keep),
            (None, Some("a"), Ruling::Adopt),
            (Some("a"), Some("a"), Ruling::Keep),
            (Some("a"), Some("b"), Ruling::Begin),
        ] {
            let recorded = Recorded {
                number: 1,
                lineage: lineage.map(str::to_owned),
                server: server.map(str::to_owned),
            };
            assert_eq!(recorded.ruling(), ruling, "{recorded:?}");
        }
    }
}
