import type { LoadOutcome } from "@/shared/load/tally";

export const OUTCOME_WORDS: Record<LoadOutcome, string> = {
  database: "database",
  cache: "cache",
  fallback: "fallback, degraded",
  refused: "refused for now",
  failed: "failed",
  unreachable: "no answer",
};
