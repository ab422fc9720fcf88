import type { Attempt } from "@/api/client";

/** What became of a step: of an attempt in the API's words, or of what the circuit decided. */
export type StepOutcome = Attempt["outcome"] | "admitted";

/** What each outcome says about the one who was asked. */
export const OUTCOME_WORDS: Record<StepOutcome, string> = {
  admitted: "The circuit let the call through.",
  ok: "It gave the answer.",
  degraded: "It gave an answer that is second best.",
  miss: "It was well and had nothing that could be used.",
  refused: "It was well, and what was asked for cannot be had.",
  unavailable: "It replied that something behind it is in trouble.",
  timeout: "It did not reply in time.",
  error: "It could not be asked, or ended without a reply.",
  rejected: "The circuit did not let the call through: nobody was asked.",
};
