import { scaleLog } from "d3-scale";
import type { Circuit } from "@/api/client";
import { percent, perSecond } from "@/shared/numbers";

const radius = scaleLog([0.05, 100], [7, 29]).clamp(true);

/** Traffic and errors at a glance: the busier the larger, the more errors the redder. */
export function HealthCircle({ circuit }: { circuit: Circuit }) {
  const { evidence } = circuit;
  const rate = callsPerSecond(circuit);
  const failing = evidence.failure_rate ?? 0;
  const health = rate === 0 ? "idle" : failing >= evidence.threshold ? "bad" : failing >= 0.1 ? "warn" : "ok";
  const words = rate === 0 ? "no calls" : `${perSecond(rate)}, ${percent(failing)} errors`;
  return (
    <div className="health-circle" role="img" aria-label={`Traffic: ${words}`}>
      <svg viewBox="0 0 60 60" width="60" height="60" aria-hidden="true">
        <circle className={`health-disc health-disc-${health}`} cx="30" cy="30" r={rate === 0 ? 5 : radius(rate)} />
      </svg>
      <div className="health-words" aria-hidden="true">
        <strong>{rate === 0 ? "idle" : perSecond(rate)}</strong>
        <span className="quiet">{rate === 0 ? "no calls" : `${percent(failing)} errors`}</span>
      </div>
    </div>
  );
}

/** Successes are told with the next heartbeat, so less than this would look idle between two. */
const RECENT_MS = 10_000;

/** What the fleet has counted lately; where it counts only a sample, what it says there was. */
export function callsPerSecond({ as_of, evidence }: Circuit): number {
  const since = Date.parse(as_of) - RECENT_MS;
  const counted = evidence.slots.filter(({ at }) => Date.parse(at) > since).reduce((sum, { calls }) => sum + calls, 0);
  return counted === 0 ? 0 : Math.max(counted / (RECENT_MS / 1000), evidence.calls_per_s ?? 0);
}
