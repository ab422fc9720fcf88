import type { Bin } from "./bins";
import type { Series } from "./TrafficChart";

/** What the circuit itself counts: calls that ended. While all is well those are failures alone. */
export const FLEET: readonly Series[] = [
  { name: "succeeded", kind: "passed", of: ({ fleet }) => fleet.calls - fleet.failures },
  { name: "failed", kind: "failed", of: ({ fleet }) => fleet.failures },
];

/** What this page knows from its own requests, by the attempts that each answer names. */
export const PAGE: readonly Series[] = [
  { name: "admitted and succeeded", kind: "passed", of: ({ page }) => page.admitted - page.failed },
  { name: "admitted and failed", kind: "failed", of: ({ page }) => page.failed },
  { name: "rejected", kind: "rejected", of: ({ page }) => page.rejected },
];

export const FALLBACK = { name: "answered by the fallback", of: ({ page }: Bin) => page.fallback };
