import type { Attempt, CircuitEvent, EvidenceSlot, Fault, FaultList } from "@/api/client";
import type { RecordedRequest } from "@/api/requestLog";
import { ignorance, knownState, type ShownState } from "./shownState";
import type { Observed } from "./observed";

/** How far back the page remembers. */
export const REMEMBERED_MS = 15 * 60_000;

/** What one poll told about one circuit. Times are the server's. */
export interface Sample {
  at: number;
  state: ShownState;
  /** Calls in the evidence window, and those of them that went wrong. */
  calls: number;
  failures: number;
  slow: number;
  suspicion: number;
}

/** A fault that somebody asked for, from when this page first saw it to when it was gone. */
export interface FaultSpan {
  target: string;
  fault: Fault;
  from: number;
  to: number | null;
}

/** How the requests of this page fared at one circuit in one second. */
export interface Traffic {
  at: number;
  admitted: number;
  rejected: number;
  /** Admitted, and came to nothing. */
  failed: number;
  /** Answered by the fallback in the end. */
  fallback: number;
}

/** What the whole fleet has counted at one circuit in one slot of time. */
export type Counted = Pick<EvidenceSlot, "calls" | "failures" | "slow" | "alarms"> & { at: number };

export interface CircuitHistory {
  samples: readonly Sample[];
  slots: readonly Counted[];
  /** Transitions, oldest first; also those before this page was opened. Null until they were read. */
  events: readonly CircuitEvent[] | null;
  traffic: readonly Traffic[];
}

/** Everything remembered; replaced, never changed. Bounded by {@link REMEMBERED_MS}. */
export interface History {
  circuits: Readonly<Record<string, CircuitHistory>>;
  faults: readonly FaultSpan[];
}

export const NO_HISTORY: History = { circuits: {}, faults: [] };
export const NOTHING: CircuitHistory = { samples: [], slots: [], events: null, traffic: [] };
/** The audit trail of a card; older transitions stay in the API. */
const EVENTS_KEPT = 200;

export function withCircuits(history: History, observed: readonly Observed[]): History {
  return updated(history, observed.map(({ circuit }) => circuit.name), (past, name) => {
    const one = observed.find(({ circuit }) => circuit.name === name);
    if (one === undefined) return past;
    const { calls, failures, slow, suspicion } = one.circuit.evidence;
    const at = Date.parse(one.circuit.as_of);
    const sample = { at, state: knownState(one, one.receivedAt), calls, failures, slow, suspicion };
    return { ...past, samples: appended(past.samples, sample), slots: merged(past.slots, one.circuit.evidence.slots, at) };
  });
}

/** A slot grows while its calls are reported, and is told until it has left the window; its largest count is its last. */
function merged(known: readonly Counted[], told: readonly EvidenceSlot[], now: number): readonly Counted[] {
  const slots = new Map(known.filter(({ at }) => at > now - REMEMBERED_MS).map((slot) => [slot.at, slot]));
  for (const { at, ...counts } of told) {
    const moment = Date.parse(at);
    if (reported(slots.get(moment)) < reported(counts)) slots.set(moment, { at: moment, ...counts });
  }
  return [...slots.values()].sort((one, other) => one.at - other.at);
}

function reported(counts: Pick<EvidenceSlot, "calls" | "alarms"> | undefined): number {
  return counts === undefined ? 0 : counts.calls + counts.alarms;
}

/** A poll that failed is remembered too: the ribbon must not draw what nobody saw. */
export function withFailure(history: History, error: Error, at: number): History {
  return withUnknown(history, Object.keys(history.circuits), ignorance(error), at);
}

/** So are the circuits that a poll could not read. */
export function withUnread(history: History, names: readonly string[], at: number): History {
  return withUnknown(history, names, "store_unavailable", at);
}

function withUnknown(history: History, names: readonly string[], state: ShownState, at: number): History {
  return updated(history, names, (past) => {
    const sample = { at, state, calls: 0, failures: 0, slow: 0, suspicion: 0 };
    return { ...past, samples: appended(past.samples, sample) };
  });
}

export function withEvents(history: History, circuit: string, events: readonly CircuitEvent[]): History {
  return updated(history, [circuit], (past) => {
    const known = past.events ?? [];
    const newest = known.at(-1)?.epoch ?? -1;
    return { ...past, events: [...known, ...events.filter(({ epoch }) => epoch > newest)].slice(-EVENTS_KEPT) };
  });
}

export function withFaults(history: History, { faults }: FaultList, now: number): History {
  const same = ({ target, fault }: FaultSpan) => faults[target] !== undefined && sameFault(fault, faults[target]);
  const spans = history.faults
    .filter((span) => span.to === null || span.to > now - REMEMBERED_MS)
    .map((span) => (span.to === null && !same(span) ? { ...span, to: Math.min(now, Date.parse(span.fault.expires_at)) } : span));
  for (const [target, fault] of Object.entries(faults)) {
    const open = spans.some((span) => span.to === null && span.target === target);
    if (!open) spans.push({ target, fault, from: now, to: null });
  }
  return { ...history, faults: spans };
}

function sameFault(one: Fault, other: Fault): boolean {
  return one.kind === other.kind && one.rate === other.rate && one.expires_at === other.expires_at;
}

/** The attempts that met a circuit: the API's own, and those of the Retry Lambda but at the fallback. */
function atCircuits(attempts: readonly Attempt[]): Attempt[] {
  return attempts.flatMap((attempt) => {
    const inner = attempt.target === "retry" ? (attempt.attempts ?? []) : [];
    return [attempt, ...inner.filter(({ target }) => target !== "fallback")];
  });
}

/** Adds a request's attempts to the second in which it ended, at each circuit that they met. */
export function withRequest(history: History, request: RecordedRequest, endedAt: number): History {
  const attempts = atCircuits(request.served?.attempts ?? request.problem?.attempts ?? []);
  const second = Math.floor(endedAt / 1000) * 1000;
  const names = [...new Set(attempts.map(({ target }) => target))];
  return updated(history, names, (past, name) => {
    const mine = attempts.filter(({ target }) => target === name);
    const rejected = mine.filter(({ outcome }) => outcome === "rejected").length;
    const failed = mine.filter(({ outcome }) => FAILED.has(outcome) || (outcome === "degraded" && name !== "fallback")).length;
    const fallback = name === "retry" && request.served?.source === "fallback" ? 1 : 0;
    const newest = past.traffic.at(-1);
    const before = newest?.at === second ? newest : { at: second, admitted: 0, rejected: 0, failed: 0, fallback: 0 };
    const after = {
      at: second,
      admitted: before.admitted + mine.length - rejected,
      rejected: before.rejected + rejected,
      failed: before.failed + failed,
      fallback: before.fallback + fallback,
    };
    const earlier = before === newest ? past.traffic.slice(0, -1) : past.traffic;
    return { ...past, traffic: appended(earlier, after) };
  });
}

/** What a circuit counts as failures; so it does a reply that needed the fallback's help, but at the fallback itself. */
const FAILED: ReadonlySet<string> = new Set(["unavailable", "timeout", "error"]);

function appended<Moment extends { at: number }>(past: readonly Moment[], newest: Moment): readonly Moment[] {
  const oldest = newest.at - REMEMBERED_MS;
  const first = past.findIndex(({ at }) => at >= oldest);
  return first < 0 ? [newest] : [...(first === 0 ? past : past.slice(first)), newest];
}

function updated(
  history: History,
  names: readonly string[],
  change: (past: CircuitHistory, name: string) => CircuitHistory,
): History {
  const circuits = { ...history.circuits };
  for (const name of names) circuits[name] = change(circuits[name] ?? NOTHING, name);
  return { ...history, circuits };
}
