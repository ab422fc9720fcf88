/**
 * What the cache's users may do, in the syntax of Valkey's access control lists.
 *
 * Commands are named one by one; those inside a Lua script count as well. Authenticating needs no
 * permission.
 */
/** Entries, the leases beside them, and which incarnation of the database the entries are of. */
const entries = '~item:* ~page:* ~incarnation';
const connect = '+ping +client|setinfo';

export const cacheAccess = {
  /**
   * The Retry function keeps the cache up to date; a script compares versions before it writes. What
   * it cannot replace it removes (`del`). Of those who miss the same key, one takes a lease beside it
   * (`set`, `pttl`) and ends it (`del`).
   */
  writer: `on ${entries} -@all ${connect} +getrange +time +eval +set +pttl +del`,
  /** The Fallback function only ever answers from the cache. */
  reader: `on ${entries} -@all ${connect} +getrange +time`,
};
