import type { Construct } from 'constructs';
import type { CircuitsTable } from './circuits-table.ts';
import type { Connection } from './connection.ts';
import type { FallbackFunction } from './fallback-function.ts';
import { RdsAuthorities } from './rds-authorities.ts';
import { type FunctionBasics, type Placement, RustFunction } from './rust-function.ts';

export interface RetryFunctionProps {
  readonly basics: FunctionBasics;
  readonly circuits: CircuitsTable;
  readonly database: Connection;
  readonly cache: Connection;
  readonly fallback: FallbackFunction;
  readonly placement: Placement | undefined;
}

/**
 * Works on the items in the database and keeps the cache up to date, each behind a circuit of its own;
 * asks the Fallback function when the database fails.
 */
export class RetryFunction extends RustFunction {
  constructor(scope: Construct, id: string, props: RetryFunctionProps) {
    const { basics, circuits, database, cache, fallback, placement } = props;
    super(scope, id, {
      ...basics,
      kind: 'retry',
      timeoutSeconds: 8,
      environment: {
        FALLBACK_FUNCTION_NAME: fallback.live.functionArn,
        CIRCUITS_TABLE_NAME: circuits.tableName,
        ...database.environment,
        ...cache.environment,
        CACHE_FRESH_MS: String(basics.settings.cacheFreshMs),
        DATABASE_MAX_CONNECTIONS: String(basics.settings.databaseConnections),
      },
      permissions: [fallback.invocation, ...circuits.permissions, ...database.permissions, ...cache.permissions],
      placement,
      reservedConcurrency: basics.settings.reservedConcurrency?.retry,
      layers: database.authorities === 'rds' ? [new RdsAuthorities(scope, 'RdsAuthorities')] : [],
    });
  }
}
