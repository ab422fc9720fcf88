import type { Middleware } from "openapi-fetch";

export interface Credentials {
  token: () => string | null;
  /** The API asked for a token, and did not get one that it takes. */
  refused: () => void;
}

/** Brings the token along where it may be needed. Watching is public, and stays free of preflights. */
export function bearing({ token, refused }: Credentials): Middleware {
  return {
    onRequest({ request, schemaPath }) {
      const bearer = token();
      const mayBeNeeded = request.method !== "GET" || schemaPath.startsWith("/items") || schemaPath.endsWith("/trail");
      if (bearer !== null && mayBeNeeded) request.headers.set("Authorization", `Bearer ${bearer}`);
    },
    onResponse({ response }) {
      // Also where none was sent: one that has run out is not.
      if (response.status === 401) refused();
    },
  };
}
