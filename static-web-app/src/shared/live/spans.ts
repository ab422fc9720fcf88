import type { CircuitHistory } from "./history";
import type { ShownState } from "./shownState";
import { trailOf } from "./trail";

/** A stretch of time in which a circuit was in one state; null where nobody knows. */
export interface Span {
  state: ShownState | null;
  from: number;
  to: number;
}

/** Two polls that are further apart leave a gap in which anything may have happened. */
const GAP_MS = 6_000;

/**
 * What a circuit went through between two moments. Transitions say when a state began, polls what
 * it was when they asked: that an open circuit's time is over, or that nobody answered, only they
 * can tell. Before the first of either nothing is known.
 */
export function spansOf(past: CircuitHistory, from: number, to: number): readonly Span[] {
  const told = (trailOf(past) ?? []).map((event) => ({ at: Date.parse(event.at), state: event.to as ShownState }));
  const seen = past.samples.map(({ at, state }) => ({ at, state }));
  const moments = [...told, ...seen].sort((one, other) => one.at - other.at);
  const spans: Span[] = [];
  let state: ShownState | null = stateBefore(past);
  let since = from;
  const close = (at: number, next: ShownState | null) => {
    if (at > since && since < to) push(spans, { state, from: since, to: Math.min(at, to) });
    since = Math.max(from, at);
    state = next;
  };
  for (const moment of moments) {
    if (moment.state !== state) close(moment.at, moment.state);
  }
  const newest = moments.at(-1);
  // What was heard last holds for as long as the next poll may take, and no longer.
  if (newest !== undefined && to - newest.at > GAP_MS) close(newest.at + GAP_MS, null);
  close(to, null);
  return withoutGlimpses(spans);
}

/** A circuit that closes begins to ramp at once, although only the next poll tells. */
function withoutGlimpses(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    const glimpse = last?.state === "closed" && span.state === "ramping" && last.to - last.from < GAP_MS;
    if (glimpse) joined[joined.length - 1] = { ...span, from: last.from };
    else joined.push(span);
  }
  return joined;
}

/** The state that the oldest transition put an end to. */
function stateBefore({ samples, events }: CircuitHistory): ShownState | null {
  const first = events?.[0];
  if (first !== undefined) return first.from;
  // A circuit without transitions has been as it was created: closed.
  return events !== null && samples.length > 0 ? "closed" : null;
}

function push(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last !== undefined && last.state === span.state && last.to === span.from) last.to = span.to;
  else spans.push(span);
}
