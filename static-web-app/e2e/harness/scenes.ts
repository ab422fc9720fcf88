import type { Attempt, Circuit, CircuitEvent } from "../../src/api/client.ts";
import { CIRCUIT_IN, closedCircuit, counted, secondsAgo, servedBy } from "../../tests/samples.ts";
import { StandIn } from "./standIn.ts";

const event = (epoch: number, ago: number, from: CircuitEvent["from"], to: CircuitEvent["to"], reason: string): CircuitEvent => ({
  epoch,
  at: secondsAgo(ago),
  from,
  to,
  reason,
  actor: "breaker",
});

/** An outage that the circuit has come back from twice, a while ago. */
const past = (): CircuitEvent[] => [
  event(1, 840, "closed", "open", "23 of 26 calls failed"),
  event(2, 834, "open", "half_open", "the open time is over"),
  event(3, 833, "half_open", "closed", "3 probes succeeded"),
  event(4, 262, "closed", "open", "23 of 23 calls failed"),
  event(5, 256, "open", "half_open", "the open time is over"),
  event(6, 255, "half_open", "open", "a probe failed: unavailable"),
  event(7, 244, "open", "half_open", "the open time is over"),
  event(8, 242, "half_open", "closed", "3 probes succeeded"),
];

type State = keyof typeof CIRCUIT_IN;

/** The circuit that guards the Retry Lambda is in the one state, the one at the database in the other. */
function scene(retry: State, database: State, more: CircuitEvent[] = []): StandIn {
  const standIn = new StandIn();
  const events = [...past(), ...more];
  const epoch = events.at(-1)?.epoch ?? 0;
  const since = (state: State) => state === "closed" && { since: secondsAgo(242) };
  standIn.circuits = [
    { ...withPast(CIRCUIT_IN[retry]()), epoch, ...since(retry) },
    { ...withPast(CIRCUIT_IN[database]()), name: "database", epoch, ...since(database) },
    closedCircuit({ name: "cache", epoch: 0, since: null, cause: null, evidence: counted(64, 0) }),
    closedCircuit({ name: "fallback", epoch: 0, since: null, cause: null, evidence: counted(6, 0) }),
  ];
  standIn.events = { retry: events, database: retry === database ? events : past() };
  standIn.served = servedBy("database", {
    attempts: [{ target: "retry", outcome: "ok", started_ms: 0, duration_ms: 14, attempts: [attempt("cache", "miss", 3, 1), attempt("database", "ok", 5, 6)] }],
  });
  return standIn;
}

const attempt = (target: Attempt["target"], outcome: Attempt["outcome"], started_ms: number, duration_ms: number): Attempt => ({
  target,
  outcome,
  started_ms,
  duration_ms,
});

/** Four calls a second for five minutes, which the outage that began 262 s ago broke off, and the present one. */
function withPast(circuit: Circuit): Circuit {
  const slots = [];
  for (let ago = 300; ago > (circuit.state === "closed" ? 4 : 12); ago -= 0.5) {
    const broken = ago < 264 && ago > 244;
    const calls = broken && ago < 261 ? 0 : 2 + (Math.floor(ago * 2) % 3);
    slots.push({ at: secondsAgo(ago), calls, failures: broken ? calls : ago % 10 === 0 ? 1 : 0, slow: 0, alarms: 0 });
  }
  return { ...circuit, evidence: { ...circuit.evidence, slots: [...slots, ...circuit.evidence.slots] } };
}

const tripped = () => event(9, 4, "closed", "open", "23 of 23 calls failed");

/** The main states of the system, each as the API would tell it. */
export const SCENES = {
  closed: () => scene("closed", "closed"),
  open: () => {
    const standIn = scene("open", "open", [tripped()]);
    standIn.served = servedBy("fallback", {
      circuit: "open",
      attempts: [attempt("retry", "rejected", 0, 0), { ...attempt("fallback", "degraded", 1, 9), attempts: [attempt("cache", "ok", 4, 2)] }],
    });
    standIn.faults = { database: { kind: "error", latency_ms: null, rate: 1, expires_at: secondsAgo(-80) } };
    return standIn;
  },
  "half-open": () => scene("half_open", "half_open", [tripped(), event(10, 1, "open", "half_open", "the open time is over")]),
  "forced open": () => scene("forced_open", "closed", [{ ...event(9, 30, "closed", "forced_open", "drill"), actor: "jo" }]),
} satisfies Record<string, () => StandIn>;
