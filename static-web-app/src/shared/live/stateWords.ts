import type { CircuitState, EffectiveState } from "@/api/client";

export const STATE_WORDS: Record<EffectiveState, string> = {
  closed: "Closed",
  open: "Open",
  half_open: "Half-open",
  forced_open: "Forced open",
  forced_closed: "Forced closed",
  shadow: "Shadow",
};

/** How calls fare in a state: refused, admitted, or tried out. */
export const SWITCH_POSITION: Record<EffectiveState, CircuitState> = {
  closed: "closed",
  open: "open",
  half_open: "half_open",
  forced_open: "open",
  forced_closed: "closed",
  shadow: "closed",
};

export function percent(rate: number): string {
  return `${(rate * 100).toFixed(rate > 0 && rate < 0.1 ? 1 : 0)} %`;
}
