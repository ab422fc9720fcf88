import type { CircuitEvent, FaultList } from "@/api/client";
import type { ApiProblem } from "@/api/problem";
import type { RecordedRequest } from "@/api/requestLog";
import type { Observed } from "@/shared/live/observed";
import type { LoadState } from "@/shared/load/LoadGenerator";

/** The circuit that the incident is about: that of the Retry Lambda, behind which the database is. */
export const CIRCUIT = "retry";

/** Everything that was observed since the incident began; evidence is judged by it alone. */
export interface Facts {
  circuit: Observed | null;
  /** Transitions of the circuit since then, oldest first. */
  events: readonly CircuitEvent[];
  /** What this page has asked since then, oldest first. */
  requests: readonly RecordedRequest[];
  faults: FaultList | null;
  load: LoadState | null;
  /** How the API answered the write of the incident's own, if with a problem. */
  refusal: ApiProblem | null;
  /** When the present step began, on this browser's clock. */
  stepBegan: number;
}

export function servedBy(facts: Facts, wanted: (request: RecordedRequest) => boolean): RecordedRequest[] {
  return facts.requests.filter((request) => request.started >= facts.stepBegan && request.served && wanted(request));
}

export function isHealthy({ served }: RecordedRequest): boolean {
  return served?.degraded === false;
}

export function isLabelledFallback({ served }: RecordedRequest): boolean {
  return served?.source === "fallback" && served.degraded;
}

/** The circuit did not let it through, and the fallback answered in its place. */
export function isDiverted(request: RecordedRequest): boolean {
  const rejected = request.served?.attempts.some(({ target, outcome }) => target === CIRCUIT && outcome === "rejected");
  return isLabelledFallback(request) && rejected === true;
}

export function transition(facts: Facts, to: CircuitEvent["to"]): CircuitEvent | undefined {
  return facts.events.findLast((event) => event.to === to);
}

export function letsEverythingThrough({ circuit }: Facts): boolean {
  return circuit?.circuit.state === "closed" && circuit.circuit.admitted_share >= 1;
}
