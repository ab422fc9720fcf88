import type { RecordedRequest } from "@/api/requestLog";
import { attemptsThroughCircuit } from "./trace";
import { verdictOf } from "./verdict";

/** What retries and the fallback made of the dependency's own success, and what it cost. */
export interface Savings {
  /** Requests that the circuit let through at least once. */
  requests: number;
  /** Of them: whose first attempt would have been enough. */
  firstOk: number;
  /** Of them: whom some attempt gave what they wanted. */
  retriedOk: number;
  /** Of them: who got an answer in the end, second best ones included. */
  answered: number;
  /** Attempts beyond one for each request. */
  extraAttempts: number;
}

export function savingsOf(requests: readonly RecordedRequest[]): Savings {
  const savings: Savings = { requests: 0, firstOk: 0, retriedOk: 0, answered: 0, extraAttempts: 0 };
  for (const request of requests) {
    const made = attemptsThroughCircuit(request).filter(({ outcome }) => outcome !== "rejected");
    const [first] = made;
    if (first === undefined) continue;
    const verdict = verdictOf(request);
    savings.requests += 1;
    savings.firstOk += Number(isGood(first.outcome));
    savings.retriedOk += Number(made.some(({ outcome }) => isGood(outcome)));
    savings.answered += Number(verdict === "answered" || verdict === "degraded");
    savings.extraAttempts += made.length - 1;
  }
  return savings;
}

/** That the client cannot have what it asked for is a healthy service's answer. */
function isGood(outcome: string): boolean {
  return outcome === "ok" || outcome === "refused";
}
