import { type App, Tags } from 'aws-cdk-lib';
import { givenCache, givenDatabase } from './constructs/connection.ts';
import type { StageSettings } from './settings/stage-settings.ts';
import { DataStack } from './stacks/data-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { type ConnectedBackends, ServiceStack } from './stacks/service-stack.ts';

/** Adds the stacks of one stage to the app. */
export function addSystem(app: App, settings: StageSettings): void {
  const stackName = (part: string) => `CircuitBreaker-${settings.stage}-${part}`;
  const data = new DataStack(app, stackName('Data'), settings);
  const backends = connectBackends();
  const { circuits, operators } = data;
  new ServiceStack(app, stackName('Service'), { settings, circuits, operators, backends });
  Tags.of(app).add('project', 'circuit-breaker');
  Tags.of(app).add('stage', settings.stage);

  function connectBackends(): ConnectedBackends {
    const { backends } = settings;
    if (backends.kind === 'given') {
      const database = givenDatabase(backends.databaseUrl);
      return { database, cache: givenCache(backends.cacheUrl), network: undefined };
    }
    const { network } = new NetworkStack(app, stackName('Network'), settings, backends);
    return { ...data.addBackends(network, backends), network };
  }
}
