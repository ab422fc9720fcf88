import { describe, expect, test } from 'vitest';
import { devContext, localContext, rendered, Synthesis } from './synthesis.ts';

describe.each([localContext, devContext])('the HTTP API of the $stage stage', (context) => {
  const stage = new Synthesis(context);

  test('has every route of the design, and others only to say that there is no such route', () => {
    const routes = stage.ofType('AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey as string);
    const everythingElse = routes.filter((route) => /^[A-Z]+ \/(\{proxy\+\})?$/.test(route));
    expect(routes.filter((route) => !everythingElse.includes(route)).sort()).toEqual([
      'DELETE /circuits/{name}/override',
      'DELETE /faults',
      'DELETE /faults/{target}',
      'DELETE /items/{id}',
      'GET /circuits',
      'GET /circuits/{name}',
      'GET /circuits/{name}/events',
      'GET /faults',
      'GET /health',
      'GET /items',
      'GET /items/{id}',
      'GET /openapi.json',
      'POST /items',
      'PUT /circuits/{name}/override',
      'PUT /faults/{target}',
      'PUT /items/{id}',
    ]);
    expect(everythingElse).toHaveLength(12);
  });

  test('leaves preflight requests to API Gateway', () => {
    const routes = stage.ofType('AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey as string);
    expect(routes.filter((route) => /^(ANY|OPTIONS|\$default)/.test(route))).toEqual([]);
  });

  test('sends every route to the API function, which lets this API alone invoke it', () => {
    const integration = stage.only('AWS::ApiGatewayV2::Integration');
    expect(rendered(integration['IntegrationUri'])).toBe('${ApiFunction.Arn}');
    expect(integration['PayloadFormatVersion']).toBe('2.0');
    const permission = stage.only('AWS::Lambda::Permission');
    expect(rendered(permission['FunctionName'])).toBe('${ApiFunction.Arn}');
    expect(rendered(permission['SourceArn'])).toMatch(/:\$\{HttpApi\}\/\*\/\*\/\*$/);
  });

  test('lets the pages of the web origin call it, and no others', () => {
    expect(stage.only('AWS::ApiGatewayV2::Api')['CorsConfiguration']).toEqual({
      AllowOrigins: [context['webOrigin']],
      AllowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
      AllowHeaders: ['content-type', 'if-match', 'if-none-match', 'idempotency-key', 'x-request-id'],
      ExposeHeaders: ['etag', 'location', 'retry-after', 'x-request-id', 'idempotency-key', 'server-timing', 'cache-status', 'age', 'link'],
      MaxAge: 3600,
    });
  });

  test('is throttled and logs who was answered what, but not who asked', () => {
    const { StageName, DefaultRouteSettings, AccessLogSettings } = stage.only('AWS::ApiGatewayV2::Stage');
    expect(StageName).toBe('$default');
    expect(DefaultRouteSettings.ThrottlingRateLimit).toBeGreaterThan(0);
    expect(DefaultRouteSettings.ThrottlingBurstLimit).toBeGreaterThan(0);
    expect(rendered(AccessLogSettings.DestinationArn)).toBe('${HttpApiAccessLogs.Arn}');
    expect(JSON.parse(AccessLogSettings.Format)).toMatchObject({ route: '$context.routeKey', status: '$context.status' });
    expect(AccessLogSettings.Format).not.toMatch(/sourceIp|userAgent/);
  });

  test('has its logs and those of the functions deleted after a while', () => {
    for (const logGroup of stage.ofType('AWS::Logs::LogGroup')) {
      expect(logGroup['RetentionInDays']).toBeGreaterThan(0);
    }
  });
});
