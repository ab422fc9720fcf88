export const TRAFFIC = ["pages", "items", "mixed"] as const;
/** What is asked for: pages of items, single items, or both with one write in five. */
export type Traffic = (typeof TRAFFIC)[number];

export interface LoadPlan {
  perSecond: number;
  seconds: number;
  traffic: Traffic;
}

/** What a visitor may do to a system that others look at as well. */
export const PER_SECOND_MAX = 20;
export const SECONDS_MAX = 60;
/**
 * A browser keeps six connections to a host that speaks HTTP/1.1. The load leaves two of them
 * to the page, which has to show what the load does.
 */
export const IN_FLIGHT_MAX = 4;

/** Whatever asked for it, no plan goes beyond the caps. */
export function bounded(plan: LoadPlan): LoadPlan {
  return {
    ...plan,
    perSecond: clamp(plan.perSecond, PER_SECOND_MAX),
    seconds: clamp(plan.seconds, SECONDS_MAX),
  };
}

function clamp(wanted: number, max: number): number {
  return Number.isFinite(wanted) ? Math.min(max, Math.max(1, Math.round(wanted))) : 1;
}

export function paceInWords({ perSecond }: LoadPlan): string {
  return `${perSecond} ${perSecond === 1 ? "request" : "requests"} per second`;
}
