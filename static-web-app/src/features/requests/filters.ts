import type { RecordedRequest } from "@/api/requestLog";
import { type Verdict, verdictOf } from "./verdict";

export interface Filters {
  by: RecordedRequest["by"] | null;
  verdict: Verdict | null;
  source: "database" | "cache" | "fallback" | null;
  text: string;
}

/** How many requests the list shows; the log keeps more, for the figures. */
export const LISTED = 200;

export function matching(requests: readonly RecordedRequest[], filters: Filters): RecordedRequest[] {
  const wanted = filters.text.trim().toLowerCase();
  return requests.filter(
    (request) =>
      (filters.by === null || request.by === filters.by) &&
      (filters.verdict === null || verdictOf(request) === filters.verdict) &&
      (filters.source === null || request.served?.source === filters.source) &&
      textOf(request).includes(wanted),
  );
}

/** Everything that one may know a request by. */
function textOf({ method, path, status, requestId, problem, failure }: RecordedRequest): string {
  return [`${method} ${path}`, status, requestId, problem?.title, problem?.type, failure].join(" ").toLowerCase();
}
