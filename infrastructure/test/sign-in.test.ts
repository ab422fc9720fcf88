import { describe, expect, test } from 'vitest';
import { type Context, devContext, localContext, prodContext, rendered, Synthesis } from './synthesis.ts';

function guarded(context: Context): string[] {
  const routes = new Synthesis(context).ofType('AWS::ApiGatewayV2::Route');
  return routes
    .filter(({ AuthorizationType }) => AuthorizationType === 'JWT')
    .map(({ RouteKey }) => RouteKey as string)
    .sort();
}

const overrides = [
  'DELETE /circuits/{name}/override',
  'GET /circuits/{name}/trail',
  'HEAD /circuits/{name}/trail',
  'PUT /circuits/{name}/override',
];
const changesOfFaults = ['DELETE /faults', 'DELETE /faults/{target}', 'PUT /faults/{target}'];
const oddChanges = ['DELETE', 'PATCH', 'POST', 'PUT'].flatMap((method) => [`${method} /`, `${method} /{proxy+}`]);
const items = [
  'DELETE /items/{id}',
  'GET /items',
  'GET /items/{id}',
  'HEAD /items',
  'HEAD /items/{id}',
  'POST /items',
  'PUT /items/{id}',
];

describe('who has not signed in', () => {
  test('changes neither circuits nor faults in dev, by whatever spelling of a path, and does not read who did', () => {
    expect(guarded(devContext)).toEqual([...overrides, ...changesOfFaults, ...oddChanges].sort());
  });

  test('changes no circuit in prod, and does not read who did', () => {
    expect(guarded(prodContext)).toEqual(overrides);
  });

  test('does not get at items either where the deployment says so', () => {
    expect(guarded({ ...prodContext, itemsFor: 'signed-in' })).toEqual([...overrides, ...items].sort());
  });

  test('may do everything in the emulator, where there is nothing to sign in to', () => {
    expect(guarded(localContext)).toEqual([]);
    expect(new Synthesis(localContext).ofType('AWS::Cognito::UserPool')).toEqual([]);
  });
});

describe.each([devContext, prodContext])('the operators of the $stage stage', (context) => {
  const stage = new Synthesis(context);
  const pool = stage.only('AWS::Cognito::UserPool');

  test('are given accounts, with passwords that cannot be guessed', () => {
    expect(pool['AdminCreateUserConfig']).toEqual({ AllowAdminCreateUserOnly: true });
    expect(pool['Policies'].PasswordPolicy).toMatchObject({
      MinimumLength: 14,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      RequireUppercase: true,
    });
    expect(pool['EnabledMfas']).toEqual(['SOFTWARE_TOKEN_MFA']);
  });

  test('sign in by a code that is bound to the page, which is given no secret', () => {
    const client = stage.only('AWS::Cognito::UserPoolClient');
    expect(client).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      CallbackURLs: ['https://items.example.com/'],
      LogoutURLs: ['https://items.example.com/'],
      PreventUserExistenceErrors: 'ENABLED',
    });
    expect(rendered(stage.only('AWS::Cognito::UserPoolDomain')['Domain'])).toBe(
      `circuit-breaker-${context['stage']}-\${AWS::AccountId}`,
    );
  });

  test('are known to API Gateway by tokens for this app alone', () => {
    const { AuthorizerType, JwtConfiguration, IdentitySource } = stage.only('AWS::ApiGatewayV2::Authorizer');
    expect(AuthorizerType).toBe('JWT');
    expect(IdentitySource).toEqual(['$request.header.Authorization']);
    expect(JwtConfiguration.Audience.map(rendered)).toEqual(['${RouteAuthorizerWebApp}']);
    expect(rendered(JwtConfiguration.Issuer)).toMatch(/^https:\/\/cognito-idp\.\$\{AWS::Region\}\.amazonaws\.com\//);
    const scopes = stage.ofType('AWS::ApiGatewayV2::Route').map(({ AuthorizationScopes }) => AuthorizationScopes);
    expect(new Set(scopes.flat())).toEqual(new Set([undefined, 'openid']));
  });
});

describe('the API function checks again', () => {
  test.each([devContext, prodContext])('in $stage, by the group that the pool has', (context) => {
    const stage = new Synthesis(context);
    const group = stage.only('AWS::Cognito::UserPoolGroup');
    expect(rendered(group['UserPoolId'])).toBe('${OperatorsUserPool}');
    expect(stage.environment('api')).toMatchObject({ OPERATORS_GROUP: group['GroupName'], ITEMS_FOR: 'everyone' });
    const signedIn = new Synthesis({ ...context, itemsFor: 'signed-in' });
    expect(signedIn.environment('api')).toMatchObject({ ITEMS_FOR: 'signed-in' });
  });

  test('but not in the emulator, where there is nobody to check', () => {
    expect(Object.keys(new Synthesis(localContext).environment('api'))).not.toContain('OPERATORS_GROUP');
  });

  test('and no role that a function has lets it into the group', () => {
    for (const context of [devContext, prodContext]) {
      const stage = new Synthesis(context);
      const roles = ['api', 'retry', 'fallback'].flatMap((kind) => stage.roleOf(kind));
      expect(JSON.stringify(roles)).not.toMatch(/cognito/i);
    }
  });
});

test('operators of prod need a second factor, and Cognito refuses what looks like an attack', () => {
  const pool = new Synthesis(prodContext).only('AWS::Cognito::UserPool');
  expect(pool).toMatchObject({
    MfaConfiguration: 'ON',
    UserPoolTier: 'PLUS',
    UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
    DeletionProtection: 'ACTIVE',
  });
});
