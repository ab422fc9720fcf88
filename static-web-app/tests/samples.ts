import type { Circuit, Item, Served } from "@/api/client";

export function secondsAgo(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString();
}

export function item(changed: Partial<Item> = {}): Item {
  return {
    id: "0197a1c2-0000-7000-8000-000000000001",
    name: "Copper wire",
    description: "On a reel",
    quantity: 7_919,
    version: 3,
    created_at: secondsAgo(3600),
    updated_at: secondsAgo(120),
    ...changed,
  };
}

export function servedBy(source: Served["source"], changed: Partial<Served> = {}): Served {
  return {
    source,
    degraded: source === "fallback",
    as_of: secondsAgo(source === "database" ? 0 : 95),
    circuit: "closed",
    attempts: [{ target: "retry", outcome: "ok", started_ms: 0, duration_ms: 14 }],
    ...changed,
  };
}

export function closedCircuit(changed: Partial<Circuit> = {}): Circuit {
  return {
    name: "retry",
    state: "closed",
    epoch: 4,
    since: secondsAgo(60),
    retry_at: null,
    admitted_share: 1,
    reopens: 0,
    cause: null,
    evidence: {
      window_s: 10,
      calls: 40,
      failures: 2,
      slow: 0,
      failure_rate: 0.05,
      threshold: 0.5,
      suspicion: 0,
    },
    probes: { leased: 0, max: 2, successes: 0, needed: 3 },
    override: null,
    policy: { open_for_ms: 5000 } as unknown as Circuit["policy"],
    as_of: secondsAgo(0),
    ...changed,
  };
}
