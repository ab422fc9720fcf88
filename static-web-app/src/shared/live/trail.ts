import type { CircuitEvent } from "@/api/client";
import type { CircuitHistory } from "./history";
import { ORDERED, type ShownState } from "./shownState";

/**
 * What moved a circuit, oldest first: its transitions, and the ends of overrides that ran out. Of those
 * the API tells no event, because nobody does anything at that time; the order says when it will be.
 */
export function trailOf({ events, samples }: CircuitHistory): readonly CircuitEvent[] | null {
  if (events === null) return null;
  const ends = events.flatMap((event, place) => endOf(event, events.slice(place + 1), samples) ?? []);
  return ends.length === 0 ? events : [...events, ...ends].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** The end of an order that nobody put an end to; null also as long as nothing was heard of the time after it. */
function endOf(order: CircuitEvent, later: readonly CircuitEvent[], samples: CircuitHistory["samples"]): CircuitEvent | null {
  if (order.expires_at == null) return null;
  const end = Date.parse(order.expires_at);
  const before = (event: CircuitEvent) => Date.parse(event.at) <= end;
  if (later.some((event) => before(event) && (event.expires_at != null || !isOrdered(event.to)))) return null;
  const to = later.find((event) => !before(event))?.from ?? ruledAfter(end, samples);
  if (to === null || isOrdered(to)) return null;
  return { ...order, at: order.expires_at, from: order.to, to, reason: "the override ran out", actor: "breaker", expires_at: null };
}

function ruledAfter(moment: number, samples: CircuitHistory["samples"]): CircuitEvent["to"] | null {
  for (const { at, state } of samples) {
    if (at < moment || state === "stale" || state === "store_unavailable") continue;
    return state === "ramping" ? "closed" : state;
  }
  return null;
}

const ORDERS: ReadonlySet<ShownState> = new Set(Object.values(ORDERED));

function isOrdered(state: ShownState): boolean {
  return ORDERS.has(state);
}
