import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type CfnStage, CorsHttpMethod, HttpApi, type HttpRoute, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ApiSettings, LogRetentionDays, RateLimit } from '../settings/stage-settings.ts';
import type { ApiFunction } from './api-function.ts';
import type { RouteAuthorizer } from './route-authorizer.ts';
import type { Route } from './routes.ts';

export interface ItemsHttpApiProps {
  readonly stage: string;
  readonly settings: ApiSettings;
  readonly routes: readonly Route[];
  readonly authorizer: RouteAuthorizer | undefined;
  readonly webOrigin: string;
  readonly logRetentionDays: LogRetentionDays;
  readonly api: ApiFunction;
}

/** The front door: routes, cross-origin rules, throttling and access logs. */
export class ItemsHttpApi extends Construct {
  readonly apiId: string;
  readonly url: string;
  readonly accessLogs: string;

  constructor(scope: Construct, id: string, props: ItemsHttpApiProps) {
    super(scope, id);
    const httpApi = new HttpApi(this, 'Api', {
      apiName: `circuit-breaker-${props.stage}`,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [props.webOrigin],
        allowMethods: [
          CorsHttpMethod.GET,
          CorsHttpMethod.HEAD,
          CorsHttpMethod.POST,
          CorsHttpMethod.PUT,
          CorsHttpMethod.DELETE,
        ],
        allowHeaders: [
          ...(props.authorizer ? ['authorization'] : []),
          ...['content-type', 'if-match', 'if-none-match', 'idempotency-key', 'x-request-id'],
        ],
        exposeHeaders: ['etag', 'location', 'retry-after', 'x-request-id', 'idempotency-key', 'server-timing', 'cache-status', 'age', 'link'],
        maxAge: Duration.hours(1),
      },
    });
    this.accessLogs = this.addStage(httpApi, this.addRoutes(httpApi, props), props);
    this.apiId = httpApi.apiId;
    this.url = httpApi.apiEndpoint;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'What changes nothing is for everyone, and so are items unless the deployment says otherwise; rates are bounded.',
    });
  }

  private addRoutes(httpApi: HttpApi, { api, routes, authorizer }: ItemsHttpApiProps): HttpRoute[] {
    // One permission for the whole API: a function's resource policy has no room for one per route.
    const integration = new HttpLambdaIntegration('ApiFunction', api.live, { scopePermissionToRoute: false });
    return routes.flatMap(({ path, methods, purpose }) =>
      httpApi.addRoutes({ path, methods: [...methods], integration, ...authorizer?.of(purpose) }),
    );
  }

  private addStage(httpApi: HttpApi, routes: HttpRoute[], props: ItemsHttpApiProps): string {
    const { stage, logRetentionDays } = props;
    const { throttling } = props.settings;
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      logGroupName: `/aws/vendedlogs/circuit-breaker-${stage}-api-access`,
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const httpStage = new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      detailedMetricsEnabled: true,
      throttle: { rateLimit: throttling.information.perSecond, burstLimit: throttling.information.burst },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLogs), format: accessLogFormat },
    });
    // Settings for a route are refused before the route is there.
    httpStage.node.addDependency(...routes);
    (httpStage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(
      props.routes.flatMap(({ path, methods, purpose }) =>
        methods.map((method) => [`${method} ${path}`, routeSettings(throttling[purpose])]),
      ),
    );
    return accessLogs.logGroupName;
  }
}

/** What is not said here is not taken from the stage's settings but from the service's own. */
function routeSettings({ perSecond, burst }: RateLimit) {
  return { DetailedMetricsEnabled: true, ThrottlingRateLimit: perSecond, ThrottlingBurstLimit: burst };
}

/**
 * No address, no user agent, no name. Who called is the pool's opaque `sub`, on every route that asks for
 * a token: operators answer for what they do, and where items are for those who signed in, their users
 * stand in it too. API Gateway cannot tell one from the other.
 */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    request_id: '$context.requestId',
    at: '$context.requestTime',
    method: '$context.httpMethod',
    route: '$context.routeKey',
    path: '$context.path',
    caller: '$context.authorizer.claims.sub',
    status: '$context.status',
    response_bytes: '$context.responseLength',
    latency_ms: '$context.responseLatency',
    integration_latency_ms: '$context.integrationLatency',
    integration_error: '$context.integrationErrorMessage',
  }),
);
