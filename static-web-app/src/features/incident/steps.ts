import type { LoadPlan } from "@/shared/load/loadPlan";
import {
  type Facts,
  isDiverted,
  isHealthy,
  isLabelledFallback,
  letsEverythingThrough,
  servedBy,
  transition,
} from "./facts";

/** Something that the step should make visible. */
export interface Evidence {
  expected: string;
  /** What was seen of it, in words; null as long as nothing was. */
  look: (facts: Facts) => string | null;
}

export interface Step {
  id: "well" | "load" | "outage" | "open" | "write" | "heal" | "recovery";
  title: string;
  text: string;
  /** What the button does that begins the step; without one there is only something to watch. */
  action: string | null;
  /** The load that has to run, and whether the database has to be away, for the step to show anything. */
  load: LoadPlan;
  databaseDown: boolean;
  evidence: readonly Evidence[];
}

const TRICKLE: LoadPlan = { perSecond: 1, seconds: 60, traffic: "pages" };
const LOAD: LoadPlan = { perSecond: 8, seconds: 60, traffic: "pages" };
/** Fewer would not show a load, and a slow machine gives more only slowly. */
const ENOUGH = 5;

const requests = (count: number) => `${count} ${count === 1 ? "request" : "requests"}`;

export const STEPS: readonly Step[] = [
  {
    id: "well",
    title: "All is well",
    text:
      "The API asks the Retry Lambda, which asks the database. The circuit between them is closed: calls go through. " +
      "A page of items is read once a second, so that the cache has a copy of it for later.",
    action: "Read items",
    load: TRICKLE,
    databaseDown: false,
    evidence: [
      {
        expected: "Faults in force",
        look: ({ faults }) => (faults !== null && Object.keys(faults.faults).length === 0 ? "none" : null),
      },
      {
        expected: "The circuit lets every call through",
        look: (facts) => (letsEverythingThrough(facts) ? "closed" : null),
      },
      {
        expected: "Items are served, and not as copies",
        look: (facts) => freshSource(facts),
      },
    ],
  },
  {
    id: "load",
    title: "Put load on it",
    text:
      "Some requests each second, so that there is something to lose. The load stops by itself after a minute; " +
      "each further step starts it anew.",
    action: "Start the load",
    load: LOAD,
    databaseDown: false,
    evidence: [
      {
        expected: "The load is answered without copies",
        look: (facts) => {
          const healthy = servedBy(facts, isHealthy).length;
          return healthy >= ENOUGH ? requests(healthy) : null;
        },
      },
      {
        expected: "The circuit stays closed under it",
        look: (facts) => (letsEverythingThrough(facts) ? "closed" : null),
      },
    ],
  },
  {
    id: "outage",
    title: "Take the database away",
    text:
      "From now on every call of the database fails; the fault ends by itself after a minute, whatever happens. " +
      "Watch the answers: reads still get one, from the fallback, and it says so.",
    action: "Break the database",
    load: LOAD,
    databaseDown: true,
    evidence: [
      {
        expected: "The fault is in force",
        look: ({ faults }) => (faults?.faults.database ? "the database fails" : null),
      },
      {
        expected: "Reads are answered by the fallback, and labelled as degraded",
        look: (facts) => {
          const labelled = servedBy(facts, isLabelledFallback).length;
          return labelled > 0 ? requests(labelled) : null;
        },
      },
    ],
  },
  {
    id: "open",
    title: "The circuit opens",
    text:
      "Each failure is evidence, shared by all execution environments. When it can no longer be chance, the circuit " +
      "opens for the whole fleet: calls are not even tried, so they neither wait nor burden what is in trouble.",
    action: null,
    load: LOAD,
    databaseDown: true,
    evidence: [
      { expected: "The circuit opens", look: (facts) => transition(facts, "open")?.reason ?? null },
      {
        expected: "A call is not even tried, and the fallback answers it",
        look: (facts) => {
          const diverted = servedBy(facts, isDiverted).at(-1);
          return diverted === undefined ? null : `within ${Math.round(diverted.durationMs)} ms`;
        },
      },
    ],
  },
  {
    id: "write",
    title: "A write is refused",
    text:
      "A copy cannot take a change. So a write is refused at once, with the time at which it may be tried again, and " +
      "nothing is half done.",
    action: "Try to create an item",
    load: LOAD,
    databaseDown: true,
    evidence: [
      {
        expected: "It is refused, with the time to come back",
        look: ({ refusal }) =>
          refusal?.status === 503 && refusal.retryAfterS !== null
            ? `503, Retry-After: ${refusal.retryAfterS} s`
            : null,
      },
    ],
  },
  {
    id: "heal",
    title: "The database comes back",
    text: "The fault ends. Nobody tells the circuit: it has to find out by itself, without a crowd trying at once.",
    action: "Bring the database back",
    load: LOAD,
    databaseDown: false,
    evidence: [
      {
        expected: "Faults of the database",
        look: ({ faults }) => (faults !== null && faults.faults.database === undefined ? "none" : null),
      },
    ],
  },
  {
    id: "recovery",
    title: "The way back",
    text:
      "When its time is over, the circuit lets a few probes through. Enough successes close it, and the share of calls " +
      "that it admits rises step by step, so that a service that has just come back is not flooded.",
    action: null,
    load: LOAD,
    databaseDown: false,
    evidence: [
      { expected: "The circuit is half-open, and probes go out", look: (facts) => transition(facts, "half_open")?.reason ?? null },
      { expected: "The circuit closes", look: (facts) => closedAgain(facts) },
      {
        expected: "After the ramp every call goes through",
        look: (facts) => (closedAgain(facts) !== null && letsEverythingThrough(facts) ? "all of them" : null),
      },
      {
        expected: "Items are served, and not as copies",
        look: (facts) => (closedAgain(facts) === null ? null : freshSource(facts)),
      },
    ],
  },
];

function closedAgain(facts: Facts): string | null {
  const [opened, closed] = [transition(facts, "open"), transition(facts, "closed")];
  return opened !== undefined && closed !== undefined && closed.epoch > opened.epoch ? closed.reason : null;
}

function freshSource(facts: Facts): string | null {
  const newest = servedBy(facts, isHealthy).at(-1)?.served;
  return newest ? `from the ${newest.source}` : null;
}
