import Alert from "@cloudscape-design/components/alert";
import { useState } from "react";
import type { FaultTarget } from "@/api/client";
import { TARGETS } from "@/shared/faults/faultWords";
import { useLive, useLiveState } from "@/shared/live/LiveContext";
import { RequestFailed } from "@/shared/RequestFailed";
import { Dependency } from "./Dependency";
import { Presets } from "./Presets";

/** Trouble on request: what every dependency suffers from, and the means to change it. */
export function FaultsSection() {
  const live = useLive();
  const { faults, error } = useLiveState();
  const [chosen, setChosen] = useState<FaultTarget | null>(null);
  const refused = faults?.allowed === false;
  return (
    <div className="faults">
      {faults === null && error !== null && (
        <RequestFailed
          error={error}
          consequence="The faults in force are not known"
          retrying={false}
          onRetry={() => void live.refresh()}
        />
      )}
      {refused && <Refused />}
      <Presets disabled={refused} />
      <section aria-labelledby="dependencies-heading" className="panel">
        <h2 id="dependencies-heading">Dependencies</h2>
        <p className="quiet">Every execution environment honours a change within two seconds.</p>
        <ul className="dependencies">
          {TARGETS.map((target) => (
            <Dependency
              key={target}
              target={target}
              fault={faults?.faults[target] ?? null}
              known={faults !== null}
              disabled={refused}
              open={chosen === target}
              onToggle={() => setChosen((before) => (before === target ? null : target))}
            />
          ))}
        </ul>
      </section>
    </div>
  );
}

function Refused() {
  return (
    <Alert type="info" header="This stage does not let anybody inject faults">
      Whoever may call the API could harm its users with them. A stage whose only users are visitors allows them by the
      setting <code>FAULT_INJECTION=allowed</code>; the local stack does. What stands below shows what there would be to
      try.
    </Alert>
  );
}
