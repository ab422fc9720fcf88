import { useState } from "react";
import type { Observed } from "@/shared/live/observed";
import { STATE_WORDS } from "@/shared/live/shownState";
import { CircuitGlyph } from "@/shared/live/CircuitGlyph";
import { Evidence } from "./Evidence";
import { HealthCircle } from "./HealthCircle";
import { OverrideRow } from "./OverrideRow";
import { Phase } from "./Phase";
import { PolicyDrawer } from "./PolicyDrawer";
import { ProbePips } from "./ProbePips";
import { RecentRibbon } from "./RecentRibbon";
import { Transitions } from "./Transitions";
import { useShownState } from "./useShownState";
import { Why } from "./Why";

/** One circuit with everything that is known about it. */
export function CircuitCard({ observed }: { observed: Observed }) {
  const { circuit } = observed;
  const shown = useShownState(observed);
  const [policyOpen, setPolicyOpen] = useState(false);
  return (
    <article className={`circuit state-${shown}`} aria-label={`Circuit ${circuit.name}`}>
      <header className="circuit-head">
        <CircuitGlyph state={shown} size={48} />
        <div className="circuit-title">
          <h2 className="circuit-name">{circuit.name}</h2>
          <div className="circuit-state" data-testid="state">
            {STATE_WORDS[shown]}
          </div>
        </div>
        <HealthCircle circuit={circuit} />
      </header>
      <Phase observed={observed} shown={shown} />
      <RecentRibbon observed={observed} />
      <Why observed={observed} />
      <Evidence circuit={circuit} />
      <dl className="circuit-facts">
        <div className="circuit-fact">
          <dt>Probes</dt>
          <dd>
            <ProbePips probes={circuit.probes} />
          </dd>
        </div>
        <div className="circuit-fact">
          <dt>Epoch</dt>
          <dd className="number">
            {circuit.epoch}
            <span className="quiet">{reopened(circuit.reopens)}</span>
            <button type="button" className="link-button" onClick={() => setPolicyOpen(true)}>
              Policy<span className="visually-hidden"> of {circuit.name}</span>
            </button>
          </dd>
        </div>
      </dl>
      <OverrideRow observed={observed} />
      <Transitions observed={observed} />
      {policyOpen && <PolicyDrawer circuit={circuit} onClose={() => setPolicyOpen(false)} />}
    </article>
  );
}

function reopened(times: number): string {
  return times === 0 ? "" : ` · reopened ${times} ×`;
}
