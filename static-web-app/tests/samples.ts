import type { Circuit, Item, Served } from "@/api/client";
import type { RecordedRequest } from "@/api/requestLog";

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

export function recorded(changed: Partial<RecordedRequest> = {}): RecordedRequest {
  return {
    id: "request",
    method: "GET",
    path: "/items?limit=20",
    route: "/items",
    started: Date.now(),
    durationMs: 40,
    status: 200,
    requestId: "r-1",
    served: servedBy("database"),
    problem: null,
    failure: null,
    serverMs: 14,
    by: "user",
    ...changed,
  };
}

/** The policy of the stage `local`. */
const POLICY: Circuit["policy"] = {
  failure_rate_threshold: 0.5,
  slow_rate_threshold: 0.5,
  slow_call_after_ms: 3_000,
  rate_margin: 0.1,
  evidence_bound: 11,
  consecutive_failures: 5,
  local_failures: 30,
  slot_ms: 500,
  window_slots: 20,
  window_ms: 120_000,
  sampled_calls_per_s: 75,
  open_for_ms: 1_000,
  open_growth: 1,
  open_for_max_ms: 60_000,
  max_probes: 2,
  successes_to_close: 3,
  probe_timeout_ms: 10_000,
  lease_for_ms: 12_000,
  ramp_for_ms: 5_000,
  refresh_after_ms: 6_000,
  max_stale_ms: 120_000,
  store_timeout_ms: 250,
};

export function closedCircuit(changed: Partial<Circuit> = {}): Circuit {
  return {
    name: "retry",
    state: "closed",
    epoch: 4,
    since: secondsAgo(60),
    opened_at: null,
    suspected_since: null,
    retry_at: null,
    admitted_share: 1,
    ramp_ends_at: null,
    refused_per_second: 0,
    reopens: 0,
    cause: "3 probes succeeded",
    evidence: counted(40, 2),
    probes: { leased: 0, max: 2, successes: 0, failures: 0, needed: 3 },
    override: null,
    policy: POLICY,
    as_of: secondsAgo(0),
    ...changed,
  };
}

/** What was counted in the last two seconds, and nothing before. */
export function counted(calls: number, failures: number, slow = 0): Circuit["evidence"] {
  const slots = [2, 1.5, 1, 0.5].map((ago, index) => ({
    at: secondsAgo(ago),
    calls: part(calls, index),
    failures: part(failures, index),
    slow: part(slow, index),
    alarms: 0,
  }));
  return {
    window_s: 120,
    calls,
    failures,
    slow,
    failed_or_slow: Math.min(calls, failures + slow),
    alarms: 0,
    failure_rate: calls === 0 ? null : failures / calls,
    threshold: 0.5,
    suspicion: failures > calls / 2 ? Math.min(1, failures / 28) : 0,
    calls_per_s: calls / 10,
    slots: calls === 0 ? [] : slots,
  };
}

function part(sum: number, index: number): number {
  return Math.floor((sum * (index + 1)) / 4) - Math.floor((sum * index) / 4);
}

/** A circuit in each state that its rules or an operator can give it. */
export const CIRCUIT_IN = {
  closed: () => closedCircuit(),
  open: () =>
    closedCircuit({
      state: "open",
      epoch: 5,
      since: secondsAgo(4),
      opened_at: secondsAgo(40),
      retry_at: secondsAgo(-16),
      reopens: 2,
      admitted_share: 0,
      cause: "23 of 23 calls failed",
      // What was counted before the circuit opened says nothing about it now.
      evidence: counted(0, 0),
    }),
  half_open: () =>
    closedCircuit({
      state: "half_open",
      epoch: 6,
      since: secondsAgo(1),
      opened_at: secondsAgo(5),
      admitted_share: 0,
      cause: "the open time is over",
      evidence: counted(0, 0),
      probes: { leased: 1, max: 2, successes: 1, failures: 0, needed: 3 },
    }),
  ramping: () => closedCircuit({ epoch: 7, since: secondsAgo(2), admitted_share: 0.46, ramp_ends_at: secondsAgo(-3), evidence: counted(12, 0) }),
  forced_open: () => overridden("force_open"),
  forced_closed: () => overridden("force_closed"),
  shadow: () => overridden("shadow"),
} satisfies Record<string, () => Circuit>;

function overridden(mode: NonNullable<Circuit["override"]>["mode"]): Circuit {
  const override = { mode, reason: "drill", actor: "jo", expires_at: secondsAgo(-90) };
  return closedCircuit({ epoch: 8, since: secondsAgo(30), cause: "drill", override });
}
