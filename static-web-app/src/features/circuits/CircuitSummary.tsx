import { Link } from "wouter";
import type { Observed } from "@/shared/live/observed";
import { STATE_WORDS } from "@/shared/live/shownState";
import { wilsonInterval } from "@/shared/numbers";
import { CircuitGlyph } from "@/shared/live/CircuitGlyph";
import { HealthCircle } from "./HealthCircle";
import { Phase } from "./Phase";
import { RateMeter } from "./RateMeter";
import { uncounted } from "./uncounted";
import { useShownState } from "./useShownState";
import { Why } from "./Why";

/** The essence of a circuit, for a place beside something else. */
export function CircuitSummary({ observed }: { observed: Observed }) {
  const { circuit } = observed;
  const { calls, failures, failure_rate, threshold } = circuit.evidence;
  const shown = useShownState(observed);
  return (
    <article className={`circuit state-${shown}`} aria-label={`Circuit ${circuit.name}`}>
      <header className="circuit-head">
        <CircuitGlyph state={shown} size={40} />
        <div className="circuit-title">
          <h3 className="circuit-name">
            <Link href="/circuits">{circuit.name}</Link>
          </h3>
          <div className="circuit-state" data-testid="state">
            {STATE_WORDS[shown]}
          </div>
        </div>
        <HealthCircle circuit={circuit} />
      </header>
      <Phase observed={observed} shown={shown} />
      <RateMeter name="Failure rate" rate={failure_rate} threshold={threshold} band={wilsonInterval(failures, calls)}>
        {calls === 0 ? uncounted(circuit) : `${failures} of ${calls} calls failed`}
      </RateMeter>
      <Why observed={observed} />
    </article>
  );
}
