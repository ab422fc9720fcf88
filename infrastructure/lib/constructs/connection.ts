import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/**
 * How a function gets at the database or the cache: what it has to know and what it has to be allowed.
 *
 * It is the same for a server somebody else runs and for one this app creates, which is what lets the
 * functions be the same in every stage.
 */
export interface Connection {
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: readonly PolicyStatement[];
  /** Who vouches for the server, where no public authority does. */
  readonly authorities?: 'rds';
}

export interface CacheConnections {
  /** Reads, writes and invalidates. */
  readonly writer: Connection;
  /** Only reads. */
  readonly reader: Connection;
}

/** An endpoint somebody else runs admits whoever knows its URL. */
export function givenDatabase(url: string): Connection {
  return { environment: { DATABASE_URL: url, DATABASE_AUTH: 'password' }, permissions: [] };
}

/** An endpoint somebody else runs knows one user, who may do everything. */
export function givenCache(url: string): CacheConnections {
  const connection = { environment: { CACHE_URL: url, CACHE_AUTH: 'password' }, permissions: [] };
  return { writer: connection, reader: connection };
}
