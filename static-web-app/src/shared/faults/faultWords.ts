import type { Fault, FaultKind, FaultTarget } from "@/api/client";

export const TARGETS: readonly FaultTarget[] = ["database", "cache", "retry", "fallback", "store"];
export const KINDS: readonly FaultKind[] = ["error", "latency", "hang", "crash"];

export const TARGET_NAMES: Record<FaultTarget, string> = {
  database: "Database",
  cache: "Cache",
  retry: "Retry Lambda",
  fallback: "Fallback Lambda",
  store: "Circuit store",
};

/** `all calls fail`, `half … `: what a fault does, for a line that already names its target. */
export function faultInWords({ kind, latency_ms, rate }: Pick<Fault, "kind" | "latency_ms" | "rate">): string {
  const what: Record<FaultKind, string> = {
    error: "fail at once",
    latency: `take ${latency_ms ?? 0} ms longer`,
    hang: "never end",
    crash: "are done, and their answer is lost",
  };
  return `${rate === 1 ? "all calls" : `${percent(rate)} of calls`} ${what[kind]}`;
}

export function percent(rate: number): string {
  return `${Math.round(rate * 100)} %`;
}
