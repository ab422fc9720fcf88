import Button from "@cloudscape-design/components/button";
import { useId } from "react";
import type { Fault, FaultTarget } from "@/api/client";
import { useEndFaults } from "@/shared/faults/faultQueries";
import { faultInWords, TARGET_NAMES } from "@/shared/faults/faultWords";
import { RequestFailed } from "@/shared/RequestFailed";
import { FaultExpiry } from "@/shared/faults/FaultExpiry";
import { FaultForm } from "./FaultForm";

const MEANINGS: Record<FaultTarget, string> = {
  database: "Holds the items; the Retry Lambda asks it.",
  cache: "Holds copies of items, for both Lambdas.",
  retry: "Reads and writes items in normal operation.",
  fallback: "Answers reads from the cache when nothing else does.",
  store: "The DynamoDB table in which the fleet shares its circuits.",
};

interface Props {
  target: FaultTarget;
  fault: Fault | null;
  /** Whether anybody has said yet which faults there are. */
  known: boolean;
  disabled: boolean;
  /** Whether its form is open. */
  open: boolean;
  onToggle: () => void;
}

export function Dependency({ target, fault, known, disabled, open, onToggle }: Props) {
  const formId = useId();
  const end = useEndFaults();
  const name = TARGET_NAMES[target];
  return (
    <li className={`dependency ${fault === null ? "" : "dependency-struck"}`} aria-label={name}>
      <div className="dependency-line">
        <div className="dependency-name">
          <h3>{name}</h3>
          <p className="quiet">{MEANINGS[target]}</p>
        </div>
        <p className="dependency-state">
          {fault === null ? known && <span className="quiet">no fault</span> : <InForce fault={fault} />}
        </p>
        <div className="dependency-actions">
          {fault !== null && (
            <Button
              onClick={() => end.mutate(target)}
              loading={end.isPending}
              loadingText="Stopping"
              ariaLabel={`Stop the fault of the ${name}`}
            >
              Stop
            </Button>
          )}
          <Button
            iconName={open ? "angle-up" : "angle-down"}
            iconAlign="right"
            onClick={onToggle}
            disabled={disabled}
            ariaExpanded={open}
            ariaControls={formId}
            ariaLabel={`${fault === null ? "Set" : "Change"} a fault of the ${name}`}
          >
            {fault === null ? "Set a fault" : "Change"}
          </Button>
        </div>
      </div>
      {end.error !== null && (
        <RequestFailed
          error={end.error}
          consequence="Not stopped"
          retrying={end.isPending}
          onRetry={() => end.mutate(target)}
        />
      )}
      <div id={formId}>{open && <FaultForm target={target} onDone={onToggle} />}</div>
    </li>
  );
}

function InForce({ fault }: { fault: Fault }) {
  return (
    <>
      <strong className="struck">{faultInWords(fault)}</strong> <FaultExpiry fault={fault} />
    </>
  );
}
