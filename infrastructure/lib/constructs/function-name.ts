import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { FunctionKind } from '../settings/function-folders.ts';

/**
 * Functions are named by us rather than by CloudFormation, so that policies can name a function that
 * does not exist yet, and so that people find its logs.
 */
export function functionName(stage: string, kind: FunctionKind): string {
  return `circuit-breaker-${stage}-${kind}`;
}

/** Callers go by this name for the version in charge, whichever that is. */
export const liveAlias = 'live';

export function functionArn(stack: Stack, name: string): string {
  return stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
