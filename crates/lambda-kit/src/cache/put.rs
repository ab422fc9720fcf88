//! Writing an entry so that the latest one wins, whoever comes last.

use std::time::Duration;

use contract::CacheEntry;
use redis::Cmd;

/// The field of the hash that holds the entry itself.
pub(super) const ENTRY_FIELD: &str = "entry";

/// How long an entry stays: far beyond its freshness, so that the fallback has
/// something to serve.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// Compares and writes in one step, which nothing can come between.
///
/// Version and time lie beside the entry, so that the comparison does not
/// depend on the entry's schema. An entry of the same version replaces another
/// if the database said it later: the content is the same, but fresher.
const PUT_UNLESS_OUTDATED: &str = r"
local found = redis.call('HMGET', KEYS[1], 'version', 'as_of_ms')
local version, as_of_ms = tonumber(found[1]), tonumber(found[2])
local new_version, new_as_of_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
if version and as_of_ms then
  if version > new_version then return 0 end
  if version == new_version and as_of_ms > new_as_of_ms then return 0 end
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'as_of_ms', ARGV[2], 'entry', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
";

/// What became of an entry that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It lies in the cache now.
    Stored,
    /// Something later lay there already and stays.
    Outdated,
}

pub(super) fn command(place: &str, entry: &CacheEntry) -> Result<Cmd, serde_json::Error> {
    let text = entry.encode()?;
    let mut command = redis::cmd("EVAL");
    command
        .arg(PUT_UNLESS_OUTDATED)
        .arg(1)
        .arg(place)
        .arg(entry.version())
        .arg(entry.as_of.timestamp_millis())
        .arg(text)
        .arg(KEPT_FOR.as_millis());
    Ok(command)
}
