import type { Construct } from 'constructs';
import type { Connection } from './connection.ts';
import type { FallbackFunction } from './fallback-function.ts';
import { type FunctionBasics, type Placement, RustFunction } from './rust-function.ts';

export interface RetryFunctionProps {
  readonly basics: FunctionBasics;
  readonly database: Connection;
  readonly cache: Connection;
  readonly fallback: FallbackFunction;
  readonly placement: Placement | undefined;
}

/** Works on the items in the database and keeps the cache up to date; asks the Fallback function when the database fails. */
export class RetryFunction extends RustFunction {
  constructor(scope: Construct, id: string, props: RetryFunctionProps) {
    const { basics, database, cache, fallback, placement } = props;
    super(scope, id, {
      ...basics,
      kind: 'retry',
      timeoutSeconds: 8,
      environment: {
        FALLBACK_FUNCTION_NAME: fallback.function.functionName,
        ...database.environment,
        ...cache.environment,
        CACHE_FRESH_MS: String(basics.settings.cacheFreshMs),
      },
      permissions: [fallback.invocation, ...database.permissions, ...cache.permissions],
      placement,
    });
  }
}
