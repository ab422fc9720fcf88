//! Writing an entry so that the latest one wins, whoever comes last.

use std::time::Duration;

use contract::{CacheEntry, CacheKey, Incarnation, JsonError};
use redis::Cmd;

/// How long an item or a first page stays: far beyond its freshness, so that the
/// fallback has something to serve.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// How long a page behind a cursor stays: as long as somebody who leafs through
/// the list may need it. Clients choose cursors freely, so pages are bounded by
/// time: at any moment there are at most one first page for each limit, and
/// the pages behind cursors that were asked for in the last ten minutes.
const LATER_PAGE_KEPT_FOR: Duration = Duration::from_mins(10);

/// Raises the incarnation that lies at `KEYS[1]` to that of `ARGV[1]`, or ends with
/// 2 if it is higher already.
///
/// What lies there is read as a whole number that a double holds exactly, or not at
/// all: `tonumber` alone takes `inf` and `0x10` for numbers. An incarnation begins
/// at the time that is its number, so one of the future is none. What is no
/// incarnation gives way.
macro_rules! raise_incarnation {
    () => {
        r"
local function whole(text)
  if type(text) ~= 'string' or #text > 16 or not string.find(text, '^%d+$') then return nil end
  local number = tonumber(text)
  if number > 9007199254740991 then return nil end
  return number
end
local incarnation = tonumber(ARGV[1])
local highest = whole(redis.pcall('GETRANGE', KEYS[1], 0, 31))
if highest and highest > incarnation then
  local hour_from_now = (redis.call('TIME')[1] + 3600) * 1000
  if highest <= hour_from_now then return 2 end
end
if highest ~= incarnation then redis.call('SET', KEYS[1], ARGV[1]) end
"
    };
}

/// Compares and writes in one step, which nothing can come between.
///
/// Incarnation, version and time stand in the entry's first line, so that the
/// comparison does not depend on the entry's schema. An entry of the same version
/// replaces another if the database said it later: the content is the same, but
/// fresher. What is no entry, whatever it is and whatever its type, gives way.
const PUT_UNLESS_OUTDATED: &str = concat!(
    raise_incarnation!(),
    r"
local found = redis.pcall('GETRANGE', KEYS[2], 0, 63)
if ARGV[5] == 'over' and found == '' then return 0 end
if type(found) == 'string' then
  local i, v, a = string.match(found, '^(%d+) (%d+) (%d+)\n')
  i, v, a = whole(i), whole(v), whole(a)
  if i and v and a and i == incarnation then
    local version, as_of_ms = tonumber(ARGV[2]), tonumber(ARGV[3])
    if v > version then return 0 end
    local minute_later = as_of_ms + 60000
    if v == version and a > as_of_ms and a <= minute_later then return 0 end
  end
end
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[6])
return 1
"
);

/// Tells readers of an incarnation before the first entry of it.
const RAISE_INCARNATION: &str = concat!(raise_incarnation!(), "return 1");

/// What became of an entry that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It lies in the cache now.
    Stored,
    /// Something later lay there already and stays; or nothing lay there, and it was
    /// only to be put over another one.
    Outdated,
    /// The cache knows of a later incarnation of the database, to which the entry
    /// says nothing.
    Superseded,
    /// The cache did not take it; what lay there is gone.
    Removed,
}

impl Put {
    /// What the script's answer means.
    pub(super) fn told(answer: i64) -> Self {
        match answer {
            1 => Self::Stored,
            2 => Self::Superseded,
            _ => Self::Outdated,
        }
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

/// Where something lies: the incarnation, and the entry.
pub(super) struct Places<'a> {
    pub(super) incarnation: &'a str,
    pub(super) entry: &'a str,
}

/// The command that puts `entry` where `key` belongs.
pub(super) fn command(
    places: &Places<'_>,
    key: &CacheKey,
    entry: &CacheEntry,
    allowed: Where,
) -> Result<Cmd, JsonError> {
    let text = entry.encode()?;
    let mut command = redis::cmd("EVAL");
    command
        .arg(PUT_UNLESS_OUTDATED)
        .arg(2)
        .arg(places.incarnation)
        .arg(places.entry)
        .arg(entry.incarnation.number())
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

/// The command that makes `incarnation` known.
pub(super) fn announcement(place: &str, incarnation: Incarnation) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command
        .arg(RAISE_INCARNATION)
        .arg(1)
        .arg(place)
        .arg(incarnation.number());
    command
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
            incarnation: Incarnation::numbered(1),
            as_of: chrono::DateTime::UNIX_EPOCH,
            fresh_until: chrono::DateTime::UNIX_EPOCH,
        };
        let places = Places {
            incarnation: "incarnation",
            entry: "place",
        };
        let command = {
            let key = CacheKey::Page { limit, cursor };
            command(&places, &key, &entry, Where::Anywhere).unwrap()
        };
        match command.args_iter().last() {
            Some(redis::Arg::Simple(text)) => String::from_utf8(text.to_vec()).unwrap(),
            _ => panic!("expected the time to live"),
        }
    }
}
