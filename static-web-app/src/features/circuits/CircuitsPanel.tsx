import { CircuitsView } from "./CircuitsView";
import { CircuitSummary } from "./CircuitSummary";

/** The circuits beside the items. */
export function CircuitsPanel() {
  return (
    <section className="circuits-panel" aria-labelledby="circuits-heading">
      <h2 id="circuits-heading">Circuits</h2>
      <CircuitsView>
        {(circuits) => (
          <div className="circuits-column">
            {circuits.map((observed) => (
              <CircuitSummary key={observed.circuit.name} observed={observed} />
            ))}
          </div>
        )}
      </CircuitsView>
    </section>
  );
}
