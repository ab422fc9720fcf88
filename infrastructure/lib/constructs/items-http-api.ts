import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ApiSettings, LogRetentionDays } from '../settings/stage-settings.ts';
import type { ApiFunction } from './api-function.ts';
import { everythingElse, routes } from './routes.ts';

export interface ItemsHttpApiProps {
  readonly stage: string;
  readonly settings: ApiSettings;
  readonly webOrigin: string;
  readonly logRetentionDays: LogRetentionDays;
  readonly api: ApiFunction;
}

/** The front door: routes, cross-origin rules, throttling and access logs. */
export class ItemsHttpApi extends Construct {
  readonly apiId: string;
  readonly url: string;

  constructor(scope: Construct, id: string, props: ItemsHttpApiProps) {
    super(scope, id);
    const httpApi = new HttpApi(this, 'Api', {
      apiName: `circuit-breaker-${props.stage}`,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [props.webOrigin],
        allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
        allowHeaders: ['content-type', 'if-match', 'if-none-match', 'idempotency-key', 'x-request-id'],
        exposeHeaders: ['etag', 'location', 'retry-after', 'x-request-id', 'idempotency-key', 'server-timing', 'cache-status', 'age', 'link'],
        maxAge: Duration.hours(1),
      },
    });
    this.addRoutes(httpApi, props.api);
    this.addStage(httpApi, props);
    this.apiId = httpApi.apiId;
    this.url = httpApi.apiEndpoint;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'The API demonstrates the pattern to everyone; throttling bounds what that can cost.',
    });
  }

  private addRoutes(httpApi: HttpApi, api: ApiFunction): void {
    // One permission for the whole API: a function's resource policy has no room for one per route.
    const integration = new HttpLambdaIntegration('ApiFunction', api.function, { scopePermissionToRoute: false });
    for (const { path, methods } of [...routes, ...everythingElse]) {
      httpApi.addRoutes({ path, methods: [...methods], integration });
    }
  }

  private addStage(httpApi: HttpApi, { stage, settings, logRetentionDays }: ItemsHttpApiProps): void {
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      logGroupName: `/aws/vendedlogs/circuit-breaker-${stage}-api-access`,
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      detailedMetricsEnabled: true,
      throttle: { rateLimit: settings.requestsPerSecond, burstLimit: settings.burst },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLogs), format: accessLogFormat },
    });
  }
}

/** Who called stays out of it: no address, no user agent. */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    request_id: '$context.requestId',
    at: '$context.requestTime',
    method: '$context.httpMethod',
    route: '$context.routeKey',
    path: '$context.path',
    status: '$context.status',
    response_bytes: '$context.responseLength',
    latency_ms: '$context.responseLatency',
    integration_latency_ms: '$context.integrationLatency',
    integration_error: '$context.integrationErrorMessage',
  }),
);
