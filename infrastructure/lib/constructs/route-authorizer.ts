import { Duration, Stack } from 'aws-cdk-lib';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { OAuthScope, UserPoolClient, UserPoolClientIdentityProvider } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { Purpose, SignInSettings } from '../settings/stage-settings.ts';
import type { Operators } from './operators.ts';

export interface RouteAuthorizerProps {
  readonly settings: SignInSettings;
  readonly operators: Operators;
  readonly webOrigin: string;
}

/**
 * Lets through to some routes only callers that have signed in to the web app. API Gateway checks the token;
 * the API function checks again what the token says, and who of its bearers is an operator.
 */
export class RouteAuthorizer extends Construct {
  /** The web app, as Cognito knows it. */
  readonly clientId: string;
  readonly #authorizer: IHttpRouteAuthorizer;
  readonly #purposes: readonly Purpose[];

  constructor(scope: Construct, id: string, { settings, operators, webOrigin }: RouteAuthorizerProps) {
    super(scope, id);
    const { userPool } = operators;
    const page = `${webOrigin}/`;
    const client = new UserPoolClient(this, 'WebApp', {
      userPool,
      // A page keeps no secret; the code it is given is bound to it by PKCE.
      generateSecret: false,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL],
        callbackUrls: [page],
        logoutUrls: [page],
      },
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.minutes(30),
      idTokenValidity: Duration.minutes(30),
      refreshTokenValidity: Duration.hours(12),
    });
    this.clientId = client.userPoolClientId;
    const issuer = `https://cognito-idp.${Stack.of(this).region}.amazonaws.com/${userPool.userPoolId}`;
    this.#authorizer = new HttpJwtAuthorizer('Operators', issuer, { jwtAudience: [this.clientId] });
    this.#purposes = ['operations', 'trail', ...(settings.itemsFor === 'signed-in' ? (['items'] as const) : [])];
  }

  /** What to add to a route of this purpose: only access tokens bear a scope, so no other kind passes. */
  of(purpose: Purpose) {
    if (!this.#purposes.includes(purpose)) return {};
    return { authorizer: this.#authorizer, authorizationScopes: [OAuthScope.OPENID.scopeName] };
  }
}
