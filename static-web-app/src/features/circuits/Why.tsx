import type { CircuitEvent } from "@/api/client";
import { ageInWords, localTime } from "@/shared/duration";
import { NOTHING } from "@/shared/live/history";
import { useLiveState } from "@/shared/live/LiveContext";
import { type Observed, serverTime } from "@/shared/live/observed";
import { BENEATH_WORDS, isBeneath, operatorOf, reasonOf, trailOf } from "@/shared/live/trail";
import { useNow } from "@/shared/now";

const HAPPENED: Record<CircuitEvent["to"], string> = {
  closed: "Closed",
  open: "Opened",
  half_open: "Began to probe",
  forced_open: "Forced open",
  forced_closed: "Forced closed",
  shadow: "Put into shadow mode",
};

/** Why the circuit is where it is, and, once it is back, why it had tripped; each with its evidence. */
export function Why({ observed }: { observed: Observed }) {
  const { history } = useLiveState();
  const events = trailOf(history.circuits[observed.circuit.name] ?? NOTHING) ?? [];
  const last = events.at(-1);
  const trip = events.findLast(({ to }) => to === "open");
  return (
    <div className="why">
      <p>{last === undefined ? <Unmoved observed={observed} /> : <Told event={last} observed={observed} />}</p>
      {trip !== undefined && trip !== last && (
        <p className="quiet">
          Last trip: <Told event={trip} observed={observed} />
        </p>
      )}
    </div>
  );
}

function Unmoved({ observed: { circuit } }: { observed: Observed }) {
  if (circuit.epoch === 0) return <>It has never tripped.</>;
  return <>{circuit.cause ?? "Why it moved last was not recorded."}</>;
}

function Told({ event, observed }: { event: CircuitEvent; observed: Observed }) {
  const now = useNow();
  const operator = operatorOf(event);
  const byHand = operator === null ? "" : ` by ${operator}`;
  return (
    <>
      <strong>{isBeneath(event) ? BENEATH_WORDS : HAPPENED[event.to]}</strong>
      {byHand}{" "}
      <time dateTime={event.at} title={localTime(event.at)}>
        {ageInWords(serverTime(observed, now) - Date.parse(event.at))}
      </time>
      : <span className="anywhere">{reasonOf(event)}</span>
    </>
  );
}
