import type { CircuitEvent } from "@/api/client";
import { ageInWords, localTime } from "@/shared/duration";
import { useNow } from "@/shared/now";
import { CircuitGlyph } from "./CircuitGlyph";
import { useTransitions } from "./circuitQueries";
import { type Observed, serverTime } from "./observed";
import { STATE_WORDS, SWITCH_POSITION } from "./stateWords";

/** The last transitions, newest first. */
export function Transitions({ observed, shown }: { observed: Observed; shown: number }) {
  const { data, isError } = useTransitions(observed.circuit);
  if (isError && data === undefined) return <p className="quiet">The transitions could not be read.</p>;
  if (data === undefined) return <p className="quiet">Reading the transitions…</p>;
  if (data.events.length === 0) return <p className="quiet">No transition has been recorded.</p>;
  return (
    <ol className="transitions">
      {data.events
        .toReversed()
        .slice(0, shown)
        .map((event) => (
          <Transition key={event.epoch} event={event} observed={observed} />
        ))}
    </ol>
  );
}

function Transition({ event, observed }: { event: CircuitEvent; observed: Observed }) {
  const now = useNow();
  return (
    <li className="transition">
      <CircuitGlyph state={SWITCH_POSITION[event.to]} size={20} />
      <div>
        <div className="transition-head">
          <span>
            {STATE_WORDS[event.from]} → <strong>{STATE_WORDS[event.to]}</strong>
          </span>
          <time className="quiet" dateTime={event.at} title={localTime(event.at)}>
            {ageInWords(serverTime(observed, now) - Date.parse(event.at))}
          </time>
        </div>
        <div className="quiet anywhere">
          {event.reason} · {event.actor} · epoch {event.epoch}
        </div>
      </div>
    </li>
  );
}
