import Alert from "@cloudscape-design/components/alert";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useApi } from "@/api/ApiContext";
import { durationInWords } from "@/shared/duration";
import { useLive, useLiveState } from "@/shared/live/LiveContext";
import { useLoad } from "@/shared/load/loadContext";
import { useNow } from "@/shared/now";
import { RequestFailed } from "@/shared/RequestFailed";
import { Incident, type Sighting } from "./Incident";
import { type Step, STEPS } from "./steps";

/** The story of an outage, played on the live system one step at a time. */
export function IncidentSection() {
  const incident = useIncident();
  const state = useSyncExternalStore(incident.watch, incident.state);
  const refused = useLiveState().faults?.allowed === false;
  const { step, finished } = state;
  return (
    <div className="incident">
      <p>
        An outage in {STEPS.length} steps on the system that this page shows, in about two minutes. What the incident
        starts, it stops, also when you leave this page. Others who look at the same system see it as well.
      </p>
      {refused && (
        <Alert type="info" header="This stage does not let anybody inject faults">
          The incident takes the database away for a minute, which only a stage without other users may allow
          (<code>FAULT_INJECTION=allowed</code>).
        </Alert>
      )}
      <ol className="incident-steps">
        {STEPS.map((one, index) => (
          <StepItem
            key={one.id}
            number={index + 1}
            step={one}
            phase={step === index ? "now" : finished || (step !== null && index < step) ? "past" : "coming"}
            seen={state.seen[one.id]}
          />
        ))}
      </ol>
      {finished && <p role="status">The incident is over, and everything that it had started is stopped.</p>}
      {state.error !== null && (
        <RequestFailed
          error={state.error}
          consequence="The step could not be taken"
          retrying={state.acting}
          onRetry={() => void incident.act()}
        />
      )}
      <Controls incident={incident} disabled={refused} />
    </div>
  );
}

function useIncident(): Incident {
  const api = useApi();
  const live = useLive();
  const { load } = useLoad();
  const [incident] = useState(() => new Incident(api, live, load));
  useEffect(() => () => void incident.leave(), [incident]);
  return incident;
}

/**
 * One button leads through all of it: it stays where it is and changes what it says, so that it
 * keeps the focus of somebody who works by keyboard.
 */
function Controls({ incident, disabled }: { incident: Incident; disabled: boolean }) {
  const state = useSyncExternalStore(incident.watch, incident.state);
  // What runs out does so by the clock.
  useNow();
  const step = state.step === null ? null : (STEPS[state.step] ?? null);
  const { label, press, waiting } = mainButton(incident, step);
  return (
    <div className="incident-controls">
      <button
        type="button"
        className="incident-main"
        disabled={disabled}
        aria-disabled={waiting || undefined}
        onClick={waiting ? undefined : press}
      >
        {label}
      </button>
      {step !== null && (
        <>
          {waiting && !state.acting && (
            <button type="button" className="plain-button" onClick={incident.next}>
              Go on without waiting
            </button>
          )}
          <button type="button" className="plain-button" onClick={() => void incident.leave()}>
            Leave and stop everything
          </button>
        </>
      )}
    </div>
  );
}

function mainButton(incident: Incident, step: Step | null) {
  const { finished, step: index, acted, acting, seen } = incident.state();
  if (step === null || index === null) {
    return { label: finished ? "Play it again" : "Begin", press: incident.begin, waiting: false };
  }
  const act = () => void incident.act();
  if (acting) return { label: "One moment …", press: act, waiting: true };
  if (!acted) return { label: step.action ?? "Try again", press: act, waiting: false };
  if (seen[step.id].every((sighting) => sighting !== null)) {
    const following = STEPS[index + 1];
    return { label: following ? `Next: ${following.title}` : "Finish", press: incident.next, waiting: false };
  }
  if (incident.hasRunOut()) return { label: "It has run out: start it again", press: act, waiting: false };
  return { label: "Waiting for it to show …", press: act, waiting: true };
}

interface StepProps {
  number: number;
  step: Step;
  phase: "past" | "now" | "coming";
  seen: readonly (Sighting | null)[];
}

function StepItem({ number, step, phase, seen }: StepProps) {
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // The button stays in sight at the bottom; what it has brought up may be out of it.
    if (phase === "now") item.current?.scrollIntoView({ block: "center" });
  }, [phase]);
  return (
    <li ref={item} className={`incident-step incident-${phase}`} aria-current={phase === "now" ? "step" : undefined}>
      <h2>
        <span className="incident-number" aria-hidden="true">
          {phase === "past" ? "✓" : number}
        </span>
        {step.title}
      </h2>
      {phase === "now" && <p>{step.text}</p>}
      {phase !== "coming" && (
        <ul className="sightings" aria-label={`Evidence of: ${step.title}`} aria-live={phase === "now" ? "polite" : "off"}>
          {step.evidence.map(({ expected }, index) => (
            <EvidenceItem key={expected} expected={expected} sighting={seen[index] ?? null} />
          ))}
        </ul>
      )}
    </li>
  );
}

function EvidenceItem({ expected, sighting }: { expected: string; sighting: Sighting | null }) {
  return (
    <li className={sighting === null ? "sighting-missing" : "sighting-seen"}>
      <svg viewBox="0 0 16 16" width="16" height="16" role="img" aria-label={sighting === null ? "not seen yet" : "seen"}>
        <path d={sighting === null ? "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z" : "M3 8.500 6.500 12 13 4.500"} />
      </svg>
      <span>
        {expected}
        {sighting !== null && (
          <span className="sighting-words">
            : {sighting.words} <span className="quiet number">{afterInWords(sighting)}</span>
          </span>
        )}
      </span>
    </li>
  );
}

function afterInWords({ afterMs }: Sighting): string {
  return afterMs < 1000 ? "at once" : `after ${durationInWords(afterMs)}`;
}
