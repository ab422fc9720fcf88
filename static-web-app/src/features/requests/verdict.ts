import type { RecordedRequest } from "@/api/requestLog";

export const VERDICTS = ["answered", "degraded", "refused", "failed"] as const;
/** What the one who asked got: what was wanted, second best, "later", or nothing. */
export type Verdict = (typeof VERDICTS)[number];

export const VERDICT_WORDS: Record<Verdict, string> = {
  answered: "answered",
  degraded: "degraded",
  refused: "refused for now",
  failed: "failed",
};

/** A complaint about the request itself, such as 404 or 412, is an answer like any other. */
export function verdictOf({ status, served }: RecordedRequest): Verdict {
  if (status === null || (status >= 500 && status !== 503)) return "failed";
  if (status === 503) return "refused";
  return served?.degraded ? "degraded" : "answered";
}
