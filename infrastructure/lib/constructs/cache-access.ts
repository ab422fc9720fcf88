/**
 * What the cache's users may do, in the syntax of Valkey's access control lists.
 *
 * A connection is set up with AUTH (or HELLO, which authenticates too), CLIENT and PING; everything
 * else is named command by command.
 */
const connect = '+auth +hello +ping +client|setinfo +client|setname';

export const cacheAccess = {
  /** The Retry function keeps the cache up to date; it compares versions in Lua. */
  writer: `on ~* -@all ${connect} +get +mget +set +del +unlink +expire +pexpire +ttl +pttl +eval +evalsha +script|load`,
  /** The Fallback function only ever answers from the cache. */
  reader: `on ~* -@all ${connect} +get +mget +ttl +pttl`,
};
