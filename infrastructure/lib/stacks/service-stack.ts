import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ApiFunction } from '../constructs/api-function.ts';
import type { CircuitsTable } from '../constructs/circuits-table.ts';
import type { CacheConnections, Connection } from '../constructs/connection.ts';
import { FallbackFunction } from '../constructs/fallback-function.ts';
import { GradualRelease } from '../constructs/gradual-release.ts';
import { RouteAuthorizer } from '../constructs/route-authorizer.ts';
import { ItemsHttpApi } from '../constructs/items-http-api.ts';
import { type Operators, signInOrigin } from '../constructs/operators.ts';
import type { Watched } from '../constructs/observability/service-metrics.ts';
import type { PrivateNetwork } from '../constructs/private-network.ts';
import { RetryFunction } from '../constructs/retry-function.ts';
import { routes } from '../constructs/routes.ts';
import type { FunctionBasics } from '../constructs/rust-function.ts';
import type { StageSettings } from '../settings/stage-settings.ts';

/** The servers that the functions talk to, and the network where those have to be reached from inside one. */
export interface ConnectedBackends {
  readonly database: Connection;
  readonly cache: CacheConnections;
  readonly network: PrivateNetwork | undefined;
}

export interface ServiceStackProps {
  readonly settings: StageSettings;
  readonly webOrigin: string;
  readonly circuits: CircuitsTable;
  readonly operators: Operators | undefined;
  readonly backends: ConnectedBackends;
}

/** The three functions and the HTTP API in front of them. */
export class ServiceStack extends Stack {
  readonly watched: Pick<Watched, 'apiId' | 'functions'>;
  readonly functionLogs: readonly string[];
  readonly accessLogs: string;

  constructor(scope: Construct, id: string, { settings, webOrigin, circuits, operators, backends }: ServiceStackProps) {
    super(scope, id, {
      description: 'Circuit breaker: the API, Retry and Fallback functions and the HTTP API',
      env: { account: settings.account },
    });
    const { stage, logRetentionDays, release } = settings;
    const { database, cache, network } = backends;
    const basics: FunctionBasics = { stage, settings: settings.functions, logRetentionDays, release };

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
    const api = new ApiFunction(this, 'Api', { basics, circuits, retry, fallback, signIn: settings.signIn });
    const functions = { api, retry, fallback };
    if (release !== 'unversioned') {
      new GradualRelease(this, 'Release', { stage, release, functions, runbookBase: settings.observability?.runbookBase });
    }
    const authorizer =
      settings.signIn && operators && new RouteAuthorizer(this, 'RouteAuthorizer', { settings: settings.signIn, operators, webOrigin });
    const httpApi = new ItemsHttpApi(this, 'HttpApi', {
      stage,
      settings: settings.api,
      routes: routes(settings.functions),
      authorizer,
      webOrigin,
      logRetentionDays,
      api,
    });

    this.watched = {
      apiId: httpApi.apiId,
      functions: {
        api: api.function.functionName,
        retry: retry.function.functionName,
        fallback: fallback.function.functionName,
      },
    };
    this.functionLogs = Object.values(functions).map(({ logs }) => logs);
    this.accessLogs = httpApi.accessLogs;

    this.output('ApiId', httpApi.apiId);
    this.output('ApiUrl', httpApi.url);
    this.output('ApiFunctionName', api.function.functionName);
    this.output('RetryFunctionName', retry.function.functionName);
    this.output('FallbackFunctionName', fallback.function.functionName);
    this.output('CircuitsTableName', circuits.tableName);
    if (authorizer && operators) {
      this.output('SignInPoolId', operators.userPool.userPoolId);
      this.output('SignInUrl', signInOrigin(this, stage));
      this.output('SignInClientId', authorizer.clientId);
    }
  }

  private output(key: string, value: string): void {
    new CfnOutput(this, key, { value });
  }
}
