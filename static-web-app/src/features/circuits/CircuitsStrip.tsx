import { Link } from "wouter";
import type { Observed } from "@/shared/live/observed";
import { STATE_WORDS } from "@/shared/live/shownState";
import { CircuitGlyph } from "@/shared/live/CircuitGlyph";
import { CircuitsView } from "./CircuitsView";
import { OutlookWords } from "./Phase";
import { useShownState } from "./useShownState";

/** The circuits in a line each, where there is no room for the panel. */
export function CircuitsStrip() {
  return (
    <section className="circuits-strip" aria-label="Circuits">
      <CircuitsView>
        {(circuits) => circuits.map((observed) => <Strip key={observed.circuit.name} observed={observed} />)}
      </CircuitsView>
    </section>
  );
}

function Strip({ observed }: { observed: Observed }) {
  const shown = useShownState(observed);
  return (
    <Link href="/circuits" className={`strip-circuit state-${shown}`}>
      <CircuitGlyph state={shown} size={28} />
      <span>
        <strong>{observed.circuit.name}</strong> <span className="circuit-state">{STATE_WORDS[shown]}</span>
        <span className="strip-outlook">
          <OutlookWords observed={observed} shown={shown} />
        </span>
      </span>
    </Link>
  );
}
