import { Link } from "wouter";
import { CircuitGlyph } from "./CircuitGlyph";
import { CircuitsView } from "./CircuitsView";
import { Outlook } from "./Outlook";
import { STATE_WORDS } from "@/shared/live/stateWords";

/** The circuits in a line each, where there is no room for the panel. */
export function CircuitsStrip() {
  return (
    <section className="circuits-strip" aria-label="Circuits">
      <CircuitsView>
        {(circuits) =>
          circuits.map((observed) => (
            <Link
              key={observed.circuit.name}
              href="/circuits"
              className={`strip-circuit state-${observed.circuit.state}`}
            >
              <CircuitGlyph state={observed.circuit.state} size={28} />
              <span>
                <strong>{observed.circuit.name}</strong>{" "}
                <span className="circuit-state">{STATE_WORDS[observed.circuit.state]}</span>
                <span className="strip-outlook">
                  <Outlook observed={observed} />
                </span>
              </span>
            </Link>
          ))
        }
      </CircuitsView>
    </section>
  );
}
