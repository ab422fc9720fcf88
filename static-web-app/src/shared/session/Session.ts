import type { User, UserManager } from "oidc-client-ts";
import type { SignInConfig } from "./userManager";

export type SessionState =
  /** The stage protects nothing, or nothing that a page could sign in for. */
  | { kind: "open" }
  | { kind: "signed_out"; problem: string | null }
  | { kind: "signed_in"; name: string };

/** Set for as long as the tab lives; the library that knows the tokens is only fetched where it is. */
const SIGNED_IN_HERE = "signed-in";

/**
 * Who uses the page, where the stage asks. Signing in is Cognito's: the authorization code flow
 * with PKCE, whose tokens stay in this tab and go nowhere but to the API.
 */
export class Session {
  #state: SessionState;
  #user: User | null = null;
  #manager: Promise<UserManager> | null = null;
  readonly #watchers = new Set<() => void>();

  constructor(private readonly config: SignInConfig | null) {
    this.#state = config === null ? { kind: "open" } : { kind: "signed_out", problem: null };
  }

  readonly state = (): SessionState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** What protected calls have to bring along. */
  readonly token = (): string | null => (this.#user?.expired === false ? this.#user.access_token : null);

  /** Comes back from signing in, or finds the user of this tab. */
  async resume(): Promise<void> {
    if (this.config === null) return;
    const params = new URLSearchParams(window.location.search);
    const comesBack = params.has("state") && (params.has("code") || params.has("error"));
    if (!comesBack && sessionStorage.getItem(SIGNED_IN_HERE) === null) return;
    try {
      const manager = await this.#oidc();
      if (!comesBack) return this.#know(await manager.getUser());
      const user = await manager.signinRedirectCallback();
      const { path } = (user.state ?? {}) as { path?: string };
      window.history.replaceState(null, "", path ?? "/");
      this.#know(user);
    } catch (error) {
      if (comesBack) window.history.replaceState(null, "", "/");
      this.#set({ kind: "signed_out", problem: `You are not signed in: ${error instanceof Error ? error.message : "it failed"}.` });
    }
  }

  readonly signIn = async (): Promise<void> => {
    try {
      const manager = await this.#oidc();
      const path = window.location.pathname + window.location.search;
      await manager.signinRedirect({ state: { path } });
    } catch {
      this.#set({ kind: "signed_out", problem: "The sign-in page cannot be reached." });
    }
  };

  /** Here, and at Cognito, where the next visitor of this browser would be let in otherwise. */
  readonly signOut = async (): Promise<void> => {
    if (this.config === null) return;
    await (await this.#oidc()).removeUser();
    this.#know(null);
    const { url, clientId } = this.config;
    const to = new URL("/logout", url);
    to.search = new URLSearchParams({ client_id: clientId, logout_uri: home() }).toString();
    window.location.assign(to);
  };

  /** The API no longer takes the token, or the token has run out. */
  readonly refused = (): void => {
    if (this.#state.kind !== "signed_in") return;
    this.#know(null);
    this.#set({ kind: "signed_out", problem: "Your sign-in has ended." });
  };

  #oidc(): Promise<UserManager> {
    this.#manager ??= import("./userManager").then(({ userManager }) => {
      if (this.config === null) throw new Error("the stage has no sign-in");
      const manager = userManager(this.config, home());
      manager.events.addUserLoaded((user) => this.#know(user));
      return manager;
    });
    return this.#manager;
  }

  #know(user: User | null): void {
    this.#user = user?.expired === false ? user : null;
    if (this.#user === null) sessionStorage.removeItem(SIGNED_IN_HERE);
    else sessionStorage.setItem(SIGNED_IN_HERE, "yes");
    this.#set(
      this.#user === null
        ? { kind: "signed_out", problem: null }
        : { kind: "signed_in", name: this.#user.profile.email ?? this.#user.profile.sub },
    );
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

/** The one address that Cognito sends people back to. */
function home(): string {
  return `${window.location.origin}/`;
}
