import { type App, Tags } from 'aws-cdk-lib';
import { givenCache, givenDatabase } from './constructs/connection.ts';
import type { ManagedBackends, StageSettings } from './settings/stage-settings.ts';
import { DataStack } from './stacks/data-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { type ConnectedBackends, ServiceStack } from './stacks/service-stack.ts';

/** Adds the stacks of one stage to the app. */
export function addSystem(app: App, settings: StageSettings): void {
  const { stage, backends } = settings;
  const stackName = (part: string) => `CircuitBreaker-${stage}-${part}`;
  const data = new DataStack(app, stackName('Data'), settings);
  if (backends.kind === 'given') {
    const database = givenDatabase(backends.databaseUrl);
    addService({ database, cache: givenCache(backends.cacheUrl), network: undefined });
  } else {
    addManaged(backends);
  }
  Tags.of(app).add('project', 'circuit-breaker');
  Tags.of(app).add('stage', stage);

  function addService(connected: ConnectedBackends): ServiceStack {
    const { circuits, operators } = data;
    return new ServiceStack(app, stackName('Service'), { settings, circuits, operators, backends: connected });
  }

  function addManaged(managed: ManagedBackends): void {
    const { network } = new NetworkStack(app, stackName('Network'), settings, managed);
    const { database, cache } = data.addBackends(network, managed);
    const service = addService({ database: database.connection, cache: cache.connections, network });
    if (settings.observability === undefined) return;
    new ObservabilityStack(app, stackName('Observability'), {
      stage,
      settings: settings.observability,
      database: managed.database,
      watched: {
        ...service.watched,
        circuitsTable: data.circuits.tableName,
        database: database.name,
        cacheNodes: cache.nodes,
      },
      functionLogs: service.functionLogs,
      accessLogs: service.accessLogs,
    });
  }
}
