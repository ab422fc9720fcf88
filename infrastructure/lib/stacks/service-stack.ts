import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ApiFunction } from '../constructs/api-function.ts';
import type { CircuitsTable } from '../constructs/circuits-table.ts';
import type { CacheConnections, Connection } from '../constructs/connection.ts';
import { FallbackFunction } from '../constructs/fallback-function.ts';
import { ItemsHttpApi } from '../constructs/items-http-api.ts';
import type { PrivateNetwork } from '../constructs/private-network.ts';
import { RetryFunction } from '../constructs/retry-function.ts';
import type { FunctionBasics } from '../constructs/rust-function.ts';
import type { StageSettings } from '../settings/stage-settings.ts';

/** The servers that the functions talk to, and the network where those have to be reached from inside one. */
export interface ConnectedBackends {
  readonly database: Connection;
  readonly cache: CacheConnections;
  readonly network: PrivateNetwork | undefined;
}

/** The three functions and the HTTP API in front of them. */
export class ServiceStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    settings: StageSettings,
    circuits: CircuitsTable,
    { database, cache, network }: ConnectedBackends,
  ) {
    super(scope, id, { description: 'Circuit breaker: the API, Retry and Fallback functions and the HTTP API' });
    const { stage, logRetentionDays } = settings;
    const basics: FunctionBasics = { stage, settings: settings.functions, logRetentionDays };

    const fallback = new FallbackFunction(this, 'Fallback', {
      basics,
      cache: cache.reader,
      placement: network && { vpc: network.vpc, securityGroup: network.fallbackFunction },
    });
    const retry = new RetryFunction(this, 'Retry', {
      basics,
      circuits,
      database,
      cache: cache.writer,
      fallback,
      placement: network && { vpc: network.vpc, securityGroup: network.retryFunction },
    });
    const api = new ApiFunction(this, 'Api', { basics, circuits, retry, fallback });
    const httpApi = new ItemsHttpApi(this, 'HttpApi', {
      stage,
      settings: settings.api,
      webOrigin: settings.webOrigin,
      logRetentionDays,
      api,
    });

    this.output('ApiId', httpApi.apiId);
    this.output('ApiUrl', httpApi.url);
    this.output('ApiFunctionName', api.function.functionName);
    this.output('RetryFunctionName', retry.function.functionName);
    this.output('FallbackFunctionName', fallback.function.functionName);
    this.output('CircuitsTableName', circuits.tableName);
  }

  private output(key: string, value: string): void {
    new CfnOutput(this, key, { value });
  }
}
