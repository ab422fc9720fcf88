import { useState } from "react";
import { useLoad } from "@/shared/load/loadContext";
import type { LoadPlan } from "@/shared/load/loadPlan";
import { LoadForm } from "./LoadForm";
import { LoadResults } from "./LoadResults";

/** Enough to open a circuit within ten seconds of an outage, and far from any limit. */
const FIRST_PLAN: LoadPlan = { perSecond: 8, seconds: 30, traffic: "pages" };

export function LoadPanel() {
  const { load, state } = useLoad();
  const [plan, setPlan] = useState<LoadPlan>(state?.plan ?? FIRST_PLAN);
  const running = state !== null && state.ended === null;
  return (
    <section aria-labelledby="load-heading" className="panel load">
      <h2 id="load-heading">Load</h2>
      <p className="quiet">
        Requests from this browser at a steady pace. It goes on while you look at other pages here, and stops when this
        tab is hidden or closed.
      </p>
      <LoadForm plan={plan} running={running} onChange={setPlan} onStart={() => load.start(plan)} onStop={load.stop} />
      {state !== null && <LoadResults state={state} />}
    </section>
  );
}
