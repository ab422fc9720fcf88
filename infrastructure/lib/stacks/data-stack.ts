import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CircuitsEndpoint } from '../constructs/circuits-endpoint.ts';
import { CircuitsTable } from '../constructs/circuits-table.ts';
import { ItemsCache } from '../constructs/items-cache.ts';
import { ItemsDatabase } from '../constructs/items-database.ts';
import { Operators } from '../constructs/operators.ts';
import type { PrivateNetwork } from '../constructs/private-network.ts';
import type { ManagedBackends, StageSettings } from '../settings/stage-settings.ts';

/** Everything that holds data, so that the rest can be destroyed and made anew. */
export class DataStack extends Stack {
  readonly circuits: CircuitsTable;
  readonly operators: Operators | undefined;
  readonly #settings: StageSettings;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id, {
      description: 'Circuit breaker: circuits, operators, items and the cache of items',
      env: { account: settings.account },
    });
    this.#settings = settings;
    const { stage, signIn, dataProtection } = settings;
    this.operators = signIn && new Operators(this, 'Operators', { stage, settings: signIn, dataProtection });
    this.circuits = new CircuitsTable(this, 'Circuits', settings);
  }

  /** For a stage that runs its own database and cache. */
  addBackends(network: PrivateNetwork, { database, cache }: ManagedBackends) {
    const { stage, dataProtection, logRetentionDays } = this.#settings;
    new CircuitsEndpoint(this, 'CircuitsEndpoint', { vpc: network.vpc, circuits: this.circuits });
    const shared = { stage, network, dataProtection, logRetentionDays };
    return {
      database: new ItemsDatabase(this, 'Database', { ...shared, settings: database }),
      cache: new ItemsCache(this, 'Cache', { ...shared, settings: cache }),
    };
  }
}
