import type { components } from "./schema";

type ProblemBody = Partial<components["schemas"]["Problem"]>;
export interface FieldError {
  field: string;
  message: string;
}

/** The API answered, and said no: an RFC 9457 problem, or whatever stood in front of the API said. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string | null;
  readonly fieldErrors: readonly FieldError[];
  /** What became of the change that was asked for; null where the API does not say. */
  readonly change: "not_made" | "unknown" | null;
  /** After how many seconds the API expects to take such a request again. */
  readonly retryAfterS: number | null;
  /** When the API expects to take such a request again, on this browser's clock. */
  readonly retryAt: number | null;

  constructor(response: Response, body: unknown) {
    const problem: ProblemBody = typeof body === "object" && body !== null ? body : {};
    const title = problem.title ?? `The API answered ${response.status} ${response.statusText}`.trim();
    super(title);
    this.status = response.status;
    this.type = problem.type ?? "about:blank";
    this.title = title;
    this.detail = problem.detail ?? "";
    this.requestId = problem.request_id ?? response.headers.get("x-request-id");
    this.fieldErrors = problem.errors ?? [];
    this.change = problem.change ?? null;
    this.retryAfterS = problem.retry_after_s ?? retryAfterSeconds(response);
    this.retryAt = this.retryAfterS === null ? null : Date.now() + this.retryAfterS * 1000;
  }
}

/** No answer that could be read: no connection, blocked by CORS, too late, or not the API at all. */
export class ApiUnreachable extends Error {
  override readonly name = "ApiUnreachable";

  constructor(cause: unknown) {
    super(reasonFor(cause), { cause });
  }
}

/**
 * Turns what openapi-fetch gives back into either the data or one of the two
 * errors above, so that nothing else in the app looks at a `Response`.
 */
export async function answer<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const result = await call.catch((cause: unknown) => {
    throw isCancelled(cause) ? cause : new ApiUnreachable(cause);
  });
  if (!result.response.ok) throw new ApiProblem(result.response, result.error);
  return result.data as Data;
}

function retryAfterSeconds(response: Response): number | null {
  const header = response.headers.get("retry-after");
  if (header === null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}

function isCancelled(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "AbortError";
}

function reasonFor(cause: unknown): string {
  const name = cause instanceof Error ? cause.name : "";
  if (name === "TimeoutError") return "The API did not answer in time.";
  if (name === "SyntaxError") return "What answered at the API's address does not speak JSON.";
  return "There is no connection to the API.";
}
