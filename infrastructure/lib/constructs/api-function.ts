import type { Construct } from 'constructs';
import type { SignInSettings } from '../settings/stage-settings.ts';
import type { CircuitsTable } from './circuits-table.ts';
import type { FallbackFunction } from './fallback-function.ts';
import { operatorsGroup } from './operators.ts';
import type { RetryFunction } from './retry-function.ts';
import { type FunctionBasics, RustFunction } from './rust-function.ts';

export interface ApiFunctionProps {
  readonly basics: FunctionBasics;
  readonly circuits: CircuitsTable;
  readonly retry: RetryFunction;
  readonly fallback: FallbackFunction;
  readonly signIn: SignInSettings | undefined;
}

/**
 * Answers HTTP requests; owns the circuit breaker. It stays outside the network, having no use for anything in it.
 *
 * It checks again who calls: where the stage has sign-in, it does not start without being told who its operators are.
 */
export class ApiFunction extends RustFunction {
  constructor(scope: Construct, id: string, { basics, circuits, retry, fallback, signIn }: ApiFunctionProps) {
    super(scope, id, {
      ...basics,
      kind: 'api',
      timeoutSeconds: 15,
      environment: {
        RETRY_FUNCTION_NAME: retry.live.functionArn,
        FALLBACK_FUNCTION_NAME: fallback.live.functionArn,
        CIRCUITS_TABLE_NAME: circuits.tableName,
        ...(signIn && { OPERATORS_GROUP: operatorsGroup, ITEMS_FOR: signIn.itemsFor }),
      },
      permissions: [retry.invocation, fallback.invocation, ...circuits.permissions],
      placement: undefined,
    });
  }
}
