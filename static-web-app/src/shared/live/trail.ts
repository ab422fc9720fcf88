import type { CircuitEvent } from "@/api/client";
import type { CircuitHistory } from "./history";
import type { Override } from "./observed";
import { OVERRIDDEN, type ShownState, STATE_WORDS } from "./shownState";

/**
 * What moved a circuit, oldest first: its transitions, and the ends of overrides that ran out. Of those
 * the API tells no event, because nobody does anything at that time; the override says when it will be.
 */
export function trailOf({ events, samples }: CircuitHistory): readonly CircuitEvent[] | null {
  if (events === null) return null;
  const ends = events.flatMap((event, place) => endOf(event, events.slice(place + 1), samples) ?? []);
  return ends.length === 0 ? events : [...events, ...ends].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** The event of a standing override: its circuit tells only its end, so it is the one with the same end. Null where it is not known. */
export function placing({ events }: CircuitHistory, override: Override): CircuitEvent | null {
  const end = Date.parse(override.expires_at);
  return events?.findLast(({ expires_at }) => expires_at != null && Date.parse(expires_at) === end) ?? null;
}

/** When it was placed; null where that is not known. */
export function placedAt(history: CircuitHistory, override: Override): number | null {
  const placed = placing(history, override);
  return placed === null ? null : Date.parse(placed.at);
}

/** Who did it, other than the rules; null for the rules. The API tells names to operators only. */
export function operatorOf({ actor }: Pick<CircuitEvent, "actor">): string | null {
  return actor === "breaker" ? null : (actor ?? "an operator");
}

/** Why, as far as the API tells it. */
export function reasonOf({ reason }: Pick<CircuitEvent, "reason">): string {
  return reason ?? "the reason is for operators";
}

/** What the rules do while an override stands above them changes nothing for calls, and is recorded as from the override to itself. */
export function isBeneath({ from, to, actor, expires_at }: CircuitEvent): boolean {
  return from === to && actor === "breaker" && expires_at == null;
}

export const BENEATH_WORDS = "The rules moved beneath the override";

export function movedInWords(event: CircuitEvent): string {
  return isBeneath(event) ? BENEATH_WORDS : `${STATE_WORDS[event.from]} to ${STATE_WORDS[event.to]}`;
}

/** The end of an override that nobody put an end to; null also as long as nothing was heard of the time after it. */
function endOf(override: CircuitEvent, later: readonly CircuitEvent[], samples: CircuitHistory["samples"]): CircuitEvent | null {
  if (override.expires_at == null) return null;
  const end = Date.parse(override.expires_at);
  const before = (event: CircuitEvent) => Date.parse(event.at) <= end;
  if (later.some((event) => before(event) && (event.expires_at != null || !isOrdered(event.to)))) return null;
  const to = later.find((event) => !before(event))?.from ?? ruledAfter(end, samples);
  if (to === null || isOrdered(to)) return null;
  return { ...override, at: override.expires_at, from: override.to, to, reason: "the override ran out", actor: "breaker", expires_at: null };
}

function ruledAfter(moment: number, samples: CircuitHistory["samples"]): CircuitEvent["to"] | null {
  for (const { at, state } of samples) {
    if (at < moment || state === "stale" || state === "store_unavailable") continue;
    return state === "ramping" ? "closed" : state;
  }
  return null;
}

const ORDERS: ReadonlySet<ShownState> = new Set(Object.values(OVERRIDDEN));

function isOrdered(state: ShownState): boolean {
  return ORDERS.has(state);
}
