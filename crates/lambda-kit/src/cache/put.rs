//! Writing an entry so that the latest one wins, whoever comes last.

use std::time::Duration;

use contract::{CacheEntry, CacheKey};
use redis::Cmd;

/// The field of the hash that holds the entry itself.
pub(super) const ENTRY_FIELD: &str = "entry";

/// How long an item or a first page stays: far beyond its freshness, so that the
/// fallback has something to serve.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// How long a page behind a cursor stays: as long as somebody who leafs through
/// the list may need it. Clients choose cursors freely, so pages are bounded by
/// time: at any moment there are at most one first page for each limit, and
/// the pages behind cursors that were asked for in the last ten minutes.
const LATER_PAGE_KEPT_FOR: Duration = Duration::from_mins(10);

/// Compares and writes in one step, which nothing can come between.
///
/// Version and time lie beside the entry, so that the comparison does not
/// depend on the entry's schema. An entry of the same version replaces another
/// if the database said it later: the content is the same, but fresher.
const PUT_UNLESS_OUTDATED: &str = r"
local found = redis.call('HMGET', KEYS[1], 'version', 'as_of_ms')
local version, as_of_ms = tonumber(found[1]), tonumber(found[2])
local new_version, new_as_of_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
if ARGV[4] == 'over' and not version then return 0 end
if version and as_of_ms then
  if version > new_version then return 0 end
  if version == new_version and as_of_ms > new_as_of_ms then return 0 end
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'as_of_ms', ARGV[2], 'entry', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
";

/// What became of an entry that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It lies in the cache now.
    Stored,
    /// Something later lay there already and stays; or nothing lay there, and it was
    /// only to be put over another one.
    Outdated,
}

impl Put {
    pub(super) fn told(stored: bool) -> Self {
        if stored { Self::Stored } else { Self::Outdated }
    }
}

fn kept_for(key: &CacheKey) -> Duration {
    match key {
        CacheKey::Item(_) | CacheKey::Page { cursor: None, .. } => KEPT_FOR,
        CacheKey::Page {
            cursor: Some(_), ..
        } => LATER_PAGE_KEPT_FOR,
    }
}

/// Where an entry may be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Anywhere,
    /// Only in the place of another one.
    OverAnother,
}

/// The command that puts `entry` at `place`, where `key` belongs.
pub(super) fn command(
    place: &str,
    key: &CacheKey,
    entry: &CacheEntry,
    allowed: Where,
) -> Result<Cmd, serde_json::Error> {
    let text = entry.encode()?;
    let mut command = redis::cmd("EVAL");
    command
        .arg(PUT_UNLESS_OUTDATED)
        .arg(1)
        .arg(place)
        .arg(entry.version())
        .arg(entry.as_of.timestamp_millis())
        .arg(text)
        .arg(match allowed {
            Where::Anywhere => "anywhere",
            Where::OverAnother => "over",
        })
        .arg(kept_for(key).as_millis());
    Ok(command)
}

#[cfg(test)]
mod tests {
    use contract::{CacheContent, Cursor, ItemPage, PageLimit};

    use super::*;

    #[test]
    fn a_page_behind_a_cursor_is_kept_for_minutes_and_the_first_for_a_day() {
        let first = None;
        let later = Some(Cursor {
            after: uuid::Uuid::max(),
        });
        assert_eq!(milliseconds_kept(first), "86400000");
        assert_eq!(milliseconds_kept(later), "600000");
    }

    fn milliseconds_kept(cursor: Option<Cursor>) -> String {
        let limit = PageLimit::default();
        let page = ItemPage {
            items: Vec::new(),
            next_cursor: None,
        };
        let entry = CacheEntry {
            content: CacheContent::Page(page),
            as_of: chrono::DateTime::UNIX_EPOCH,
            fresh_until: chrono::DateTime::UNIX_EPOCH,
        };
        let command = {
            let key = CacheKey::Page { limit, cursor };
            command("place", &key, &entry, Where::Anywhere).unwrap()
        };
        match command.args_iter().last() {
            Some(redis::Arg::Simple(text)) => String::from_utf8(text.to_vec()).unwrap(),
            _ => panic!("expected the time to live"),
        }
    }
}
