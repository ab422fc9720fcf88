import type { Construct } from 'constructs';
import type { Connection } from './connection.ts';
import { type FunctionBasics, type Placement, RustFunction } from './rust-function.ts';

export interface FallbackFunctionProps {
  readonly basics: FunctionBasics;
  readonly cache: Connection;
  readonly placement: Placement | undefined;
}

/** Answers reads from the cache alone; it knows no database. */
export class FallbackFunction extends RustFunction {
  constructor(scope: Construct, id: string, { basics, cache, placement }: FallbackFunctionProps) {
    super(scope, id, {
      ...basics,
      kind: 'fallback',
      timeoutSeconds: 3,
      environment: cache.environment,
      permissions: cache.permissions,
      placement,
      reservedConcurrency: basics.settings.reservedConcurrency?.fallback,
    });
  }
}
