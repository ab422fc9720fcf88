import { ApiProblem } from "@/api/problem";
import type { EffectiveState } from "@/api/client";
import { effectiveOverride, type Observed, type Override } from "./observed";

/**
 * What a card or a ribbon can show: the state that calls meet, a circuit that has just closed
 * and lets a growing share through, and the two ways of not knowing.
 */
export type ShownState = EffectiveState | "ramping" | "store_unavailable" | "stale";

export const STATE_WORDS: Record<ShownState, string> = {
  closed: "Closed",
  open: "Open",
  half_open: "Half-open",
  ramping: "Ramping",
  forced_open: "Forced open",
  forced_closed: "Forced closed",
  shadow: "Shadow",
  store_unavailable: "Store unavailable",
  stale: "Stale",
};

export const OVERRIDDEN: Record<Override["mode"], ShownState> = {
  force_open: "forced_open",
  force_closed: "forced_closed",
  shadow: "shadow",
};

/** The state of a circuit as last heard of. */
export function knownState(observed: Observed, now: number): ShownState {
  const override = effectiveOverride(observed, now);
  if (override !== null) return OVERRIDDEN[override.mode];
  const { state, admitted_share } = observed.circuit;
  return state === "closed" && admitted_share < 1 ? "ramping" : state;
}

/** Why nothing new is known: the API answers, but its circuits' table does not; or nothing answers. */
export function ignorance(error: Error): "store_unavailable" | "stale" {
  return error instanceof ApiProblem && error.status === 503 ? "store_unavailable" : "stale";
}

/** One lost answer says little; what is older than two polls may have been overtaken. */
const STALE_AFTER_MS = 4_000;

export function shownState(observed: Observed, error: Error | null, now: number): ShownState {
  if (observed.unread === true) return "store_unavailable";
  if (error === null) return knownState(observed, now);
  const unknown = ignorance(error);
  if (unknown === "stale" && now - observed.receivedAt < STALE_AFTER_MS) return knownState(observed, now);
  return unknown;
}
