import { type App, Tags } from 'aws-cdk-lib';
import { givenCache, givenDatabase } from './constructs/connection.ts';
import type { ManagedBackends, StageSettings } from './settings/stage-settings.ts';
import { DataStack } from './stacks/data-stack.ts';
import { DeployRoleStack } from './stacks/deploy-role-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { type ConnectedBackends, ServiceStack } from './stacks/service-stack.ts';
import { WebStack } from './stacks/web-stack.ts';

/** Adds the stacks of one stage to the app. */
export function addSystem(app: App, settings: StageSettings): void {
  const { stage, backends, github } = settings;
  const stackName = (part: string) => `CircuitBreaker-${stage}-${part}`;
  const data = new DataStack(app, stackName('Data'), settings);
  const web = settings.web === 'amplify' ? new WebStack(app, stackName('Web'), stage).app : undefined;
  if (backends.kind === 'given') {
    const database = givenDatabase(backends.databaseUrl);
    addService({ database, cache: givenCache(backends.cacheUrl), network: undefined });
  } else {
    addManaged(backends);
  }
  if (github && web) new DeployRoleStack(app, stackName('DeployRole'), stage, github, web);
  Tags.of(app).add('project', 'circuit-breaker');
  Tags.of(app).add('stage', stage);

  function addService(connected: ConnectedBackends): ServiceStack {
    const { circuits, operators } = data;
    const webOrigin = settings.webOrigin ?? web?.origin;
    if (webOrigin === undefined) throw new Error(`nobody says where the web app of ${stage} is`);
    const props = { settings, webOrigin, circuits, operators, backends: connected };
    return new ServiceStack(app, stackName('Service'), props);
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
