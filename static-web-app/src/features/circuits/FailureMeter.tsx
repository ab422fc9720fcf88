import type { Circuit } from "@/api/client";
import { percent } from "@/shared/live/stateWords";

/** The failure rate in the window, against the rate that trips the circuit. */
export function FailureMeter({ evidence }: { evidence: Circuit["evidence"] }) {
  const rate = evidence.failure_rate ?? null;
  const { threshold } = evidence;
  return (
    <div className="meter">
      <div className="meter-words">
        <span>Failure rate</span>
        <span>
          <strong>{rate === null ? "no calls" : percent(rate)}</strong>
          <span className="quiet">, trips at {percent(threshold)}</span>
        </span>
      </div>
      <svg
        className="meter-track"
        role="meter"
        aria-label="Failure rate"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((rate ?? 0) * 100)}
        aria-valuetext={`${rate === null ? "no calls" : percent(rate)}, trips at ${percent(threshold)}`}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
      >
        <rect className="meter-ground" width="100" height="6" />
        <rect className={rate !== null && rate >= threshold ? "meter-over" : "meter-under"} width={(rate ?? 0) * 100} height="6" />
        <rect className="meter-threshold" x={threshold * 100 - 0.4} width="0.8" height="6" />
      </svg>
      <div className="quiet">
        {evidence.calls === 0
          ? `No calls were counted in the last ${evidence.window_s} s`
          : `${evidence.failures} of ${evidence.calls} calls failed in the last ${evidence.window_s} s`}
      </div>
    </div>
  );
}
