import { scaleLog } from "d3-scale";
import type { Circuit } from "@/api/client";
import { percent, perSecond } from "@/shared/numbers";

const radius = scaleLog([0.05, 100], [7, 29]).clamp(true);

/** Traffic and errors at a glance: the busier the larger, the more errors the redder. */
export function HealthCircle({ circuit }: { circuit: Circuit }) {
  const rate = callsPerSecond(circuit);
  const told = rate === 0 ? "no calls" : troubleInWords(circuit);
  const words = rate === 0 ? told : `${perSecond(rate)}, ${told}`;
  return (
    <div className="health-circle" role="img" aria-label={`Traffic: ${words}`}>
      <svg viewBox="0 0 60 60" width="60" height="60" aria-hidden="true">
        <circle className={`health-disc health-disc-${healthOf(circuit, rate)}`} cx="30" cy="30" r={rate === 0 ? 5 : radius(rate)} />
      </svg>
      <div className="health-words" aria-hidden="true">
        <strong>{rate === 0 ? "idle" : perSecond(rate)}</strong>
        <span className="quiet">{told}</span>
      </div>
    </div>
  );
}

function healthOf({ evidence, refused_per_second }: Circuit, rate: number): "idle" | "bad" | "warn" | "ok" {
  const failing = evidence.failure_rate ?? 0;
  if (rate === 0) return "idle";
  if (failing >= evidence.threshold || isRefusing(refused_per_second)) return "bad";
  return failing >= 0.1 ? "warn" : "ok";
}

/** What becomes of calls: those refused outweigh what is known of the others. */
function troubleInWords({ evidence, refused_per_second }: Circuit): string {
  if (isRefusing(refused_per_second)) return `refuses ${callsASecond(refused_per_second)}`;
  if (evidence.failure_rate !== null) return `${percent(evidence.failure_rate)} errors`;
  return evidence.alarms === 0 ? "no errors" : `${evidence.alarms} ${evidence.alarms === 1 ? "error" : "errors"} lately`;
}

/** Less is not worth a word, and would be shown as nothing. */
const LEAST_REFUSED_PER_S = 0.005;

function isRefusing(perS: number | null): perS is number {
  return perS !== null && perS >= LEAST_REFUSED_PER_S;
}

function callsASecond(rate: number): string {
  return perSecond(rate).replace("/s", " calls/s");
}

const RECENT_MS = 10_000;

/** What heartbeats tell of the whole fleet's calls; before they do, what was counted lately. */
export function callsPerSecond({ as_of, evidence, refused_per_second }: Circuit): number {
  const since = Date.parse(as_of) - RECENT_MS;
  const recent = evidence.slots.filter(({ at }) => Date.parse(at) > since);
  const counted = recent.reduce((sum, { calls, alarms }) => sum + calls + alarms, 0);
  return Math.max(counted / (RECENT_MS / 1000), evidence.calls_per_s ?? 0, refused_per_second ?? 0);
}
