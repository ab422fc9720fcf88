import type { CircuitState } from "@/api/client";

export const STATE_WORDS: Record<CircuitState, string> = {
  closed: "Closed",
  open: "Open",
  half_open: "Half-open",
};

export function percent(rate: number): string {
  return `${(rate * 100).toFixed(rate > 0 && rate < 0.1 ? 1 : 0)} %`;
}
