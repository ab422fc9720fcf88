import { UserManager, WebStorageStateStore } from "oidc-client-ts";

/** Where to sign in, as the stage is deployed with; see `SignInUrl` and `SignInClientId` of its outputs. */
export interface SignInConfig {
  url: string;
  clientId: string;
}

/** Cognito's endpoints are told, not discovered: the page's security policy lets it connect to this origin only. */
export function userManager({ url, clientId }: SignInConfig, home: string): UserManager {
  const at = (path: string) => new URL(path, url).href;
  return new UserManager({
    authority: url,
    metadata: { issuer: url, authorization_endpoint: at("/oauth2/authorize"), token_endpoint: at("/oauth2/token") },
    client_id: clientId,
    redirect_uri: home,
    response_type: "code",
    scope: "openid email",
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: true,
  });
}
