import { CircuitCard } from "./CircuitCard";
import { CircuitsView } from "./CircuitsView";

/** The circuits on a page of their own, with everything that is known about them. */
export function CircuitsSection() {
  return (
    <section aria-labelledby="circuits-heading">
      <h1 id="circuits-heading">Circuits</h1>
      <CircuitsView>
        {(circuits) => (
          <div className="circuits-grid">
            {circuits.map((observed) => (
              <CircuitCard key={observed.circuit.name} observed={observed} />
            ))}
          </div>
        )}
      </CircuitsView>
    </section>
  );
}
