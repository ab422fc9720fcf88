import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { engineFacts } from '../constructs/database-engine.ts';
import { functionArn, functionName, liveAlias } from '../constructs/function-name.ts';
import { PrivateNetwork } from '../constructs/private-network.ts';
import type { ManagedBackends, StageSettings } from '../settings/stage-settings.ts';

/** Only a stage that runs its own database and cache has one. */
export class NetworkStack extends Stack {
  readonly network: PrivateNetwork;

  constructor(scope: Construct, id: string, settings: StageSettings, { network, database }: ManagedBackends) {
    super(scope, id, { description: 'Circuit breaker: the private network of database and cache' });
    this.network = new PrivateNetwork(this, 'Network', {
      settings: network,
      databasePort: engineFacts[database.engine].port,
      logRetentionDays: settings.logRetentionDays,
      invocableFunctionArn: functionArn(this, `${functionName(settings.stage, 'fallback')}:${liveAlias}`),
    });
  }
}
