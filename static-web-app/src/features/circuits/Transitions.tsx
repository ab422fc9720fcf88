import type { CircuitEvent } from "@/api/client";
import { ageInWords, localTime } from "@/shared/duration";
import { useLiveState } from "@/shared/live/LiveContext";
import { useNow } from "@/shared/now";
import { CircuitGlyph } from "./CircuitGlyph";
import { type Observed, serverTime } from "@/shared/live/observed";
import { STATE_WORDS, SWITCH_POSITION } from "@/shared/live/stateWords";

/** The last transitions, newest first. */
export function Transitions({ observed, shown }: { observed: Observed; shown: number }) {
  const { history } = useLiveState();
  const events = history.circuits[observed.circuit.name]?.events ?? null;
  if (events === null) return <p className="quiet">Reading the transitions…</p>;
  if (events.length === 0) return <p className="quiet">No transition has been recorded.</p>;
  return (
    <ol className="transitions">
      {events
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
