import type { Circuit } from "@/api/client";
import { Drawer } from "@/shared/Drawer";
import { inWords, POLICY } from "./policyWords";

/** The rules that the circuit goes by. */
export function PolicyDrawer({ circuit, onClose }: { circuit: Circuit; onClose: () => void }) {
  return (
    <Drawer title={`Policy of ${circuit.name}`} onClose={onClose}>
      {POLICY.map(({ title, rules }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl className="rules">
            {rules.map(([rule, meaning]) => {
              const [label, words] = inWords(rule, circuit.policy[rule]);
              return (
                <div className="rule" key={rule}>
                  <dt>
                    {label}
                    <span className="quiet">{meaning}</span>
                  </dt>
                  <dd className="number">{words}</dd>
                </div>
              );
            })}
          </dl>
        </section>
      ))}
    </Drawer>
  );
}
