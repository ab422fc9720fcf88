import type { Middleware } from "openapi-fetch";

export interface Credentials {
  token: () => string | null;
  /** The API did not take the token. */
  refused: () => void;
}

/** Brings the token along where it may be asked for. Watching is open to all, and stays free of preflights. */
export function bearing({ token, refused }: Credentials): Middleware {
  return {
    onRequest({ request, schemaPath }) {
      const bearer = token();
      const mayBeAsked = request.method !== "GET" || schemaPath.startsWith("/items");
      if (bearer !== null && mayBeAsked) request.headers.set("Authorization", `Bearer ${bearer}`);
    },
    onResponse({ request, response }) {
      if (response.status === 401 && request.headers.has("Authorization")) refused();
    },
  };
}
