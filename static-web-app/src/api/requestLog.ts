import type { Middleware } from "openapi-fetch";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** One request that was made from this page, and what came of it. */
export interface RecordedRequest {
  /** Made by this page; names the request in a deep link. */
  id: string;
  method: string;
  /** The path and query below the API's address. */
  path: string;
  /** The route as the API describes it, such as `/items/{id}`. */
  route: string;
  /** When it was sent, in milliseconds since 1970 on this browser's clock. */
  started: number;
  /** Until the whole answer was here. */
  durationMs: number;
  /** Null when no answer came. */
  status: number | null;
  /** The API's own name for it, which finds it in the logs. */
  requestId: string | null;
  served: Schemas["Served"] | null;
  problem: Schemas["Problem"] | null;
  /** Why no answer came, where none did. */
  failure: string | null;
  /** How long the API's function says it took (Server-Timing), in milliseconds. */
  serverMs: number | null;
  /** Who asked: the user of this page, or its load generator. */
  by: "user" | "load";
}

/** A burst of the load generator fits in; older requests make room. */
const KEPT = 1_000;

/** The requests of this page, oldest first. Reading is cheap: the list is replaced, never changed. */
export class RequestLog {
  #requests: readonly RecordedRequest[] = [];
  readonly #watchers = new Set<(newest: RecordedRequest) => void>();

  readonly all = (): readonly RecordedRequest[] => this.#requests;

  readonly watch = (watcher: (newest: RecordedRequest) => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  add(request: RecordedRequest): void {
    this.#requests = [...this.#requests.slice(1 - KEPT), request];
    for (const watcher of this.#watchers) watcher(request);
  }
}

/** Watching the system is not using it: what this page polls would drown what its user did. */
function isWatching(method: string, route: string): boolean {
  return method === "GET" && !route.startsWith("/items");
}

export function recording(log: RequestLog, apiUrl: string, by: RecordedRequest["by"]): Middleware {
  const sent = new Map<string, { started: number; clock: number }>();
  const end = (id: string, request: Request, route: string) => {
    const { started, clock } = sent.get(id) ?? { started: Date.now(), clock: performance.now() };
    sent.delete(id);
    return {
      id: crypto.randomUUID(),
      method: request.method,
      path: request.url.slice(apiUrl.length),
      route,
      started,
      durationMs: performance.now() - clock,
      by,
    };
  };
  return {
    onRequest({ id, request, schemaPath }) {
      if (!isWatching(request.method, schemaPath)) sent.set(id, { started: Date.now(), clock: performance.now() });
    },
    async onResponse({ id, request, response, schemaPath }) {
      if (!sent.has(id)) return;
      const body = await bodyOf(response);
      log.add({
        ...end(id, request, schemaPath),
        status: response.status,
        requestId: response.headers.get("x-request-id"),
        served: response.ok && isObject(body) ? ((body.served as Schemas["Served"] | undefined) ?? null) : null,
        problem: !response.ok && isObject(body) ? (body as unknown as Schemas["Problem"]) : null,
        failure: null,
        serverMs: totalOf(response.headers.get("server-timing")),
      });
    },
    onError({ id, request, error, schemaPath }) {
      if (!sent.has(id)) return;
      const ended = end(id, request, schemaPath);
      // The page has gone elsewhere and no longer wants the answer.
      if (error instanceof Error && error.name === "AbortError") return;
      const failure = error instanceof Error && error.name === "TimeoutError" ? "no answer in time" : "no connection";
      log.add({ ...ended, status: null, requestId: null, served: null, problem: null, failure, serverMs: null });
    },
  };
}

/** `total` of a Server-Timing header; problems have none, as they were not served. */
function totalOf(timing: string | null): number | null {
  const found = /(?:^|,)\s*total;dur=(\d+(?:\.\d+)?)/.exec(timing ?? "");
  return found === null ? null : Number(found[1]);
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.clone().json();
  } catch {
    // Empty, cut off, or not the API's: whoever asked is told by `answer`.
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
