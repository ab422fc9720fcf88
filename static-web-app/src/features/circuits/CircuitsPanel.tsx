import { CircuitCard } from "./CircuitCard";
import { CircuitsView } from "./CircuitsView";

/** The circuits beside the items. */
export function CircuitsPanel() {
  return (
    <section className="circuits-panel" aria-labelledby="circuits-heading">
      <h2 id="circuits-heading">Circuits</h2>
      <CircuitsView>
        {(circuits) =>
          circuits.map((observed) => (
            <CircuitCard key={observed.circuit.name} observed={observed} transitionsShown={3} />
          ))
        }
      </CircuitsView>
    </section>
  );
}
