import type { Attempt } from "@/api/client";
import type { RecordedRequest } from "@/api/requestLog";
import type { StepOutcome } from "./outcomeWords";

/** One step on the way to an answer, on the clock of the API's function. */
export interface Step {
  kind: "decision" | "attempt" | "inner" | "backoff";
  /** How deep inside an attempt it lies. */
  depth: number;
  name: string;
  /** None for a wait. */
  outcome: StepOutcome | null;
  startedMs: number;
  durationMs: number;
}

const PROTECTED = "retry";

/**
 * The way that a request took: what the circuit decided, every attempt with what happened inside
 * it, and the waits between attempts. Requests that the API's function answers by itself have none.
 */
export function stepsOf(request: RecordedRequest): Step[] {
  const calls = attemptsOf(request);
  const throughCircuit = calls.filter(({ target }) => target === PROTECTED);
  const steps: Step[] = [];
  const [first] = throughCircuit;
  if (first !== undefined) steps.push(decision(first));
  for (const call of calls) {
    const earlier = throughCircuit[throughCircuit.indexOf(call) - 1];
    if (earlier !== undefined) steps.push(...backoff(earlier, call));
    const number = throughCircuit.indexOf(call) + 1;
    steps.push({
      kind: "attempt",
      depth: 0,
      name: number > 0 ? `Attempt ${number}: ${call.target}` : capitalised(call.target),
      ...timed(call),
    });
    steps.push(...innerSteps(call, 1));
  }
  return steps;
}

export function attemptsOf({ served, problem }: RecordedRequest): readonly Attempt[] {
  const attempts = served?.attempts ?? problem?.attempts ?? [];
  // In whole milliseconds a refusal and what was done about it begin together; it ends first.
  return attempts.toSorted(
    (one, other) => one.started_ms - other.started_ms || one.duration_ms - other.duration_ms,
  );
}

export function attemptsThroughCircuit(request: RecordedRequest): readonly Attempt[] {
  return attemptsOf(request).filter(({ target }) => target === PROTECTED);
}

function timed({ outcome, started_ms, duration_ms }: Attempt) {
  return { outcome, startedMs: started_ms, durationMs: duration_ms };
}

/** What a Lambda did on behalf of a call, such as asking the database. */
function innerSteps({ attempts = [] }: Attempt, depth: number): Step[] {
  return attempts.flatMap((inner): Step[] => [
    { kind: "inner", depth, name: capitalised(inner.target), ...timed(inner) },
    ...innerSteps(inner, depth + 1),
  ]);
}

function decision({ outcome, started_ms }: Attempt): Step {
  return {
    kind: "decision",
    depth: 0,
    name: `Circuit ${PROTECTED}`,
    outcome: outcome === "rejected" ? outcome : "admitted",
    startedMs: started_ms,
    durationMs: 0,
  };
}

function backoff(earlier: Attempt, later: Attempt): Step[] {
  const startedMs = earlier.started_ms + earlier.duration_ms;
  const durationMs = later.started_ms - startedMs;
  return durationMs <= 0 ? [] : [{ kind: "backoff", depth: 0, name: "Backoff", outcome: null, startedMs, durationMs }];
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
