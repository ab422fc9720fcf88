import type { Fault, FaultTarget } from "@/api/client";
import { FaultExpiry } from "@/shared/faults/FaultExpiry";
import { useEndFaults } from "@/shared/faults/faultQueries";
import { faultInWords, TARGET_NAMES } from "@/shared/faults/faultWords";
import { useLiveState } from "@/shared/live/LiveContext";

/** Keeps injected faults, and the way to end them, in sight on every page. */
export function FaultsBanner() {
  const live = useLiveState();
  const end = useEndFaults();
  const faults = Object.entries(live.faults?.faults ?? {}) as [FaultTarget, Fault][];
  if (faults.length === 0) return null;
  return (
    <section className="banner banner-faults" aria-label="Faults in force">
      <ul>
        {faults.map(([target, fault]) => (
          <li key={target}>
            <strong>{TARGET_NAMES[target]}:</strong> {faultInWords(fault)}, <FaultExpiry fault={fault} />
          </li>
        ))}
      </ul>
      {end.error !== null && <p role="alert">The faults could not be stopped: {end.error.message}</p>}
      <button type="button" className="banner-button" onClick={() => end.mutate("all")} disabled={end.isPending}>
        {faults.length === 1 ? "Stop the fault" : "Stop all faults"}
      </button>
    </section>
  );
}
