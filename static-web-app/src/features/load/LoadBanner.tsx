import { Countdown } from "@/shared/Countdown";
import { useLoad } from "@/shared/load/loadContext";
import { paceInWords } from "@/shared/load/loadPlan";

/** Keeps a running load, and the way to stop it, in sight on every page. */
export function LoadBanner() {
  const { load, state } = useLoad();
  if (state === null || state.ended !== null) return null;
  const { plan, tally, endsAt } = state;
  return (
    <section className="banner banner-load" aria-label="Running load">
      <p className="number">
        <strong>Load:</strong> {paceInWords(plan)},{" "}
        <Countdown until={endsAt} waiting={(wait) => `${wait} to go`} over="ending" /> · {tally.counts.fallback} answered
        by the fallback · {tally.counts.refused} refused
      </p>
      <button type="button" className="banner-button" onClick={load.stop}>
        Stop the load
      </button>
    </section>
  );
}
