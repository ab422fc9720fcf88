import { durationInWords, waitInWords } from "@/shared/duration";
import type { CircuitHistory } from "@/shared/live/history";
import { effectiveOverride, type Observed, serverTime, waitUntilRetry } from "@/shared/live/observed";
import { knownState, type ShownState, STATE_WORDS } from "@/shared/live/shownState";
import { placedAt } from "@/shared/live/trail";
import { percent } from "@/shared/numbers";
import { probeProgress } from "./probeProgress";

export interface Outlook {
  /** What the state means for the next call. */
  words: string;
  /** How much of the current phase is left, or how many calls it admits; null where there is no such thing. */
  share: number | null;
}

export function outlook(observed: Observed, shown: ShownState, now: number, past: CircuitHistory): Outlook {
  const { circuit } = observed;
  switch (shown) {
    case "closed":
      return { words: closed(observed, now), share: 1 };
    case "ramping":
      return { words: ramp(observed, now), share: circuit.admitted_share };
    case "open":
      return { words: `Calls are refused. ${probesIn(waitUntilRetry(observed, now))}`, share: waitLeft(observed, now) };
    case "half_open": {
      const { ahead, words } = probeProgress(circuit.probes);
      return { words: `Probes decide: ${words} so far.`, share: clamp(ahead / circuit.probes.needed) };
    }
    case "forced_open":
      return { words: "Every call is refused, by hand.", share: orderLeft(observed, now, past) };
    case "forced_closed":
      return { words: "Every call goes through, by hand.", share: orderLeft(observed, now, past) };
    case "shadow":
      return { words: `Every call goes through; the rules alone would say: ${ruled(observed)}.`, share: orderLeft(observed, now, past) };
    case "store_unavailable":
      return { words: `The circuits' table does not answer. Calls go on by what was known: ${before(observed, now)}`, share: null };
    case "stale":
      return { words: `Nothing was heard since. Last known: ${before(observed, now)}`, share: null };
  }
}

function closed(observed: Observed, now: number): string {
  const { suspected_since } = observed.circuit;
  if (suspected_since === null) return "Every call goes through.";
  const age = durationInWords(Math.max(0, serverTime(observed, now) - Date.parse(suspected_since)));
  return `Every call goes through. An outage has been suspected for ${age}.`;
}

function ramp({ circuit, receivedAt }: Observed, now: number): string {
  const passes = `${percent(circuit.admitted_share)} of the calls go through`;
  if (circuit.ramp_ends_at === null) return `${passes}.`;
  const ends = Date.parse(circuit.ramp_ends_at);
  return `${passes}, all of them in ${waitInWords(ends - serverTime({ circuit, receivedAt }, now))}.`;
}

function probesIn(wait: number | null): string {
  if (wait === null) return "The next call is a probe.";
  return wait > 0 ? `Probes may go out in ${waitInWords(wait)}.` : "The wait is over: the next call is a probe.";
}

function waitLeft(observed: Observed, now: number): number {
  const { since, retry_at } = observed.circuit;
  const wait = waitUntilRetry(observed, now);
  if (since === null || retry_at === null || wait === null) return 0;
  return clamp(wait / (Date.parse(retry_at) - Date.parse(since)));
}

/** The circuit's phase goes on beneath an override, and began before it or after. */
function orderLeft(observed: Observed, now: number, past: CircuitHistory): number | null {
  const override = effectiveOverride(observed, now);
  const began = override && placedAt(past, override);
  if (override === null || began === null) return null;
  const ends = Date.parse(override.expires_at);
  return clamp((ends - serverTime(observed, now)) / (ends - began));
}

function ruled({ circuit }: Observed): string {
  return STATE_WORDS[circuit.state].toLowerCase();
}

function before(observed: Observed, now: number): string {
  const age = durationInWords(now - observed.receivedAt);
  return `${STATE_WORDS[knownState(observed, observed.receivedAt)].toLowerCase()}, ${age} ago.`;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
