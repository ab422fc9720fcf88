import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { devContext, localContext, prodContext, rendered, Synthesis } from './synthesis.ts';

const fundamental = [
  'DELETE /circuits/{name}/override',
  'DELETE /items/{id}',
  'GET /circuits',
  'GET /circuits/{name}',
  'GET /circuits/{name}/events',
  'GET /circuits/{name}/trail',
  'GET /health',
  'GET /items',
  'GET /items/{id}',
  'GET /openapi.json',
  'HEAD /circuits',
  'HEAD /circuits/{name}',
  'HEAD /circuits/{name}/events',
  'HEAD /circuits/{name}/trail',
  'HEAD /health',
  'HEAD /items',
  'HEAD /items/{id}',
  'HEAD /openapi.json',
  'POST /items',
  'PUT /circuits/{name}/override',
  'PUT /items/{id}',
];
const ofFaults = ['DELETE /faults', 'DELETE /faults/{target}', 'GET /faults', 'HEAD /faults', 'PUT /faults/{target}'];

const routesOf = (stage: Synthesis) => stage.ofType('AWS::ApiGatewayV2::Route');
const keys = (routes: Record<string, any>[]) => routes.map(({ RouteKey }) => RouteKey as string).sort();
const forEverythingElse = (key: string) => /^[A-Z]+ \/(\{proxy\+\})?$/.test(key);

describe.each([localContext, devContext])('the HTTP API of the $stage stage', (context) => {
  const found = keys(routesOf(new Synthesis(context)));

  test('has every route of the design, and others only to say that there is no such route', () => {
    expect(found.filter((key) => !forEverythingElse(key))).toEqual([...fundamental, ...ofFaults].sort());
    expect(found.filter(forEverythingElse)).toHaveLength(12);
  });
});

describe('the HTTP API of the prod stage', () => {
  test('has no way to a fault, neither by its own route nor by one for everything else', () => {
    expect(keys(routesOf(new Synthesis(prodContext)))).toEqual(fundamental);
  });
});

describe.each([localContext, devContext, prodContext])('any HTTP API, such as that of the $stage stage', (context) => {
  const stage = new Synthesis(context);

  test('calls routes as the function does, which takes no route that API Gateway calls otherwise', () => {
    const document = JSON.parse(readFileSync(new URL('../../static-web-app/openapi.json', import.meta.url), 'utf8'));
    const described = Object.entries<object>(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // A description of GET is one of HEAD.
    const headless = [...fundamental, ...ofFaults].filter((key) => !key.startsWith('HEAD '));
    const absent = context === prodContext ? ofFaults : [];
    expect(described.sort()).toEqual(expect.arrayContaining(headless));
    expect(keys(routesOf(stage))).toEqual(expect.arrayContaining(described.filter((key) => !absent.includes(key))));
  });

  test('leaves preflight requests to API Gateway', () => {
    expect(keys(routesOf(stage)).filter((key) => /^(ANY|OPTIONS|\$default)/.test(key))).toEqual([]);
  });

  test('has HEAD wherever it has GET, with the same authorizer', () => {
    const guards = (method: string) =>
      routesOf(stage)
        .filter(({ RouteKey }) => RouteKey.startsWith(`${method} `))
        .map(({ RouteKey, AuthorizationType }) => [RouteKey.slice(method.length + 1), AuthorizationType])
        .sort();
    expect(guards('HEAD')).toEqual(guards('GET'));
    expect(guards('GET').length).toBeGreaterThan(0);
  });

  test('sends every route to the API function, which lets this API alone invoke it', () => {
    const integration = stage.only('AWS::ApiGatewayV2::Integration');
    expect(rendered(integration['IntegrationUri'])).toBe('${ApiLive}');
    expect(integration['PayloadFormatVersion']).toBe('2.0');
    const permission = stage.only('AWS::Lambda::Permission');
    expect(rendered(permission['FunctionName'])).toBe('${ApiLive}');
    expect(rendered(permission['SourceArn'])).toMatch(/:\$\{HttpApi\}\/\*\/\*\/\*$/);
  });

  test('lets the pages of the web origin call it, and no others', () => {
    const signedIn = context === localContext ? [] : ['authorization'];
    expect(stage.only('AWS::ApiGatewayV2::Api')['CorsConfiguration']).toEqual({
      AllowOrigins: [context['webOrigin']],
      AllowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      AllowHeaders: [...signedIn, 'content-type', 'if-match', 'if-none-match', 'idempotency-key', 'x-request-id'],
      ExposeHeaders: ['etag', 'location', 'retry-after', 'x-request-id', 'idempotency-key', 'server-timing', 'cache-status', 'age', 'link'],
      MaxAge: 3600,
    });
  });

  test('bounds the rate of every route, that of operations most', () => {
    const { DefaultRouteSettings, RouteSettings } = stage.only('AWS::ApiGatewayV2::Stage');
    expect(DefaultRouteSettings.ThrottlingRateLimit).toBeGreaterThan(0);
    expect(Object.keys(RouteSettings).sort()).toEqual(keys(routesOf(stage)));
    for (const settings of Object.values<any>(RouteSettings)) {
      expect(settings.ThrottlingRateLimit).toBeGreaterThan(0);
      expect(settings.ThrottlingBurstLimit).toBeGreaterThan(0);
      expect(settings.DetailedMetricsEnabled).toBe(true);
    }
    if (context !== localContext) {
      const rate = (key: string) => RouteSettings[key].ThrottlingRateLimit;
      expect(rate('PUT /circuits/{name}/override')).toBeLessThan(rate('GET /circuits'));
      expect(rate('GET /circuits')).toBeLessThan(rate('GET /items'));
    }
  });

  test('sets limits to routes only once they are there', () => {
    const template = [...stage.templates.values()].map((each) => each.toJSON()['Resources']);
    const resources = Object.entries<any>(Object.assign({}, ...template));
    const [, httpStage] = resources.find(([, { Type }]) => Type === 'AWS::ApiGatewayV2::Stage') ?? [];
    const routes = resources.filter(([, { Type }]) => Type === 'AWS::ApiGatewayV2::Route').map(([id]) => id);
    expect(httpStage.DependsOn).toEqual(expect.arrayContaining(routes));
  });

  test('logs who was answered what, and of who asked no more than the opaque subject of a token', () => {
    const { StageName, AccessLogSettings } = stage.only('AWS::ApiGatewayV2::Stage');
    expect(StageName).toBe('$default');
    expect(rendered(AccessLogSettings.DestinationArn)).toBe('${HttpApiAccessLogs.Arn}');
    expect(JSON.parse(AccessLogSettings.Format)).toMatchObject({
      route: '$context.routeKey',
      status: '$context.status',
      caller: '$context.authorizer.claims.sub',
    });
    expect(AccessLogSettings.Format).not.toMatch(/operator|sourceIp|userAgent|email|username/);
  });

  test('has its logs and those of the functions deleted after a while', () => {
    for (const logGroup of stage.ofType('AWS::Logs::LogGroup')) {
      expect(logGroup['RetentionInDays']).toBeGreaterThan(0);
    }
  });
});
