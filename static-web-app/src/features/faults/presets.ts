import type { FaultPlan } from "@/shared/faults/faultQueries";

export interface Preset {
  id: string;
  name: string;
  plan: FaultPlan;
  /** What the faults are, and what to watch for. */
  expect: string;
}

/** Long enough to see a circuit open and its probes fail once or twice. */
const FOR_S = 30;

export const PRESETS: readonly Preset[] = [
  {
    id: "database-down",
    name: "Database down",
    plan: { database: { kind: "error", rate: 1, expires_in_s: FOR_S } },
    expect:
      "Reads of what was read before are answered by the fallback and labelled as degraded; writes are refused and told when to come back. " +
      "After some thirty failures the circuit retry opens, and closes again by its probes when this is over.",
  },
  {
    id: "slow-database",
    name: "Hanging database",
    plan: { database: { kind: "hang", rate: 1, expires_in_s: FOR_S } },
    expect:
      "Nothing fails, everything waits: each call costs its time-out before the fallback answers. " +
      "Once the circuit is open, answers are quick again although nothing has healed.",
  },
  {
    id: "slow-cache",
    name: "Slow cache",
    plan: { cache: { kind: "latency", latency_ms: 500, rate: 1, expires_in_s: FOR_S } },
    expect:
      "The cache misses its deadline and is treated as if it held nothing. Reads come from the database, " +
      "a little later, and no circuit opens: a cache that is away breaks nothing that the database can serve.",
  },
  {
    id: "crashing-calls",
    name: "Every other call crashes",
    plan: { retry: { kind: "crash", rate: 0.5, expires_in_s: FOR_S } },
    expect:
      "Execution environments of the Retry Lambda die over half of their calls. Second attempts save some answers, until " +
      "the circuit shows trouble and nothing is tried again; the fallback gives the rest. Writes are made only once.",
  },
  {
    id: "store-away",
    name: "Circuit store away",
    plan: { store: { kind: "error", rate: 1, expires_in_s: FOR_S } },
    expect:
      "The fleet cannot agree any more, so each execution environment decides alone by what it sees. " +
      "Items are served as before; what this page shows of the circuits grows old.",
  },
  {
    id: "no-way-out",
    name: "Database and fallback down",
    plan: {
      database: { kind: "error", rate: 1, expires_in_s: FOR_S },
      fallback: { kind: "error", rate: 1, expires_in_s: FOR_S },
    },
    expect: "Nobody is left to answer: reads are refused as well, at once and with the time to come back.",
  },
];
