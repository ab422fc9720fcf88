import type { Circuit } from "@/api/client";
import { durationInWords } from "@/shared/duration";

/** Why there is no rate: while all is well, successes are not counted. */
export function uncounted({ state, evidence: { alarms, window_s } }: Circuit): string {
  const lately = `in the last ${durationInWords(window_s * 1000)}`;
  if (alarms > 0) return `${alarms} ${alarms === 1 ? "call" : "calls"} failed or took long ${lately}; successes are not counted`;
  if (state === "closed") return "Successes are not counted while all is well";
  return `No calls were counted ${lately}`;
}
