import type { CircuitEvent } from "@/api/client";
import { ageInWords, clockTime, localTime } from "@/shared/duration";
import { NOTHING } from "@/shared/live/history";
import { useLiveState } from "@/shared/live/LiveContext";
import { type Observed, serverTime } from "@/shared/live/observed";
import { STATE_WORDS } from "@/shared/live/shownState";
import { BENEATH_WORDS, isBeneath, operatorOf, reasonOf, trailOf } from "@/shared/live/trail";
import { useNow } from "@/shared/now";
import { CircuitGlyph } from "@/shared/live/CircuitGlyph";

/** The audit trail, newest first: who or what moved the circuit, why and when. */
export function Transitions({ observed }: { observed: Observed }) {
  const { history } = useLiveState();
  const { name } = observed.circuit;
  const events = trailOf(history.circuits[name] ?? NOTHING);
  return (
    <section className="trail" aria-label={`Transitions of ${name}`} tabIndex={0}>
      {events === null && <p className="quiet">Reading the transitions…</p>}
      {events?.length === 0 && <p className="quiet">No transition has been recorded.</p>}
      <ol className="transitions">
        {/* By place, so that a new one changes what the places say instead of moving them. */}
        {events?.toReversed().map((event, place) => <Transition key={place} event={event} observed={observed} />)}
      </ol>
    </section>
  );
}

function Transition({ event, observed }: { event: CircuitEvent; observed: Observed }) {
  const now = useNow();
  const operator = operatorOf(event);
  return (
    <li className="transition">
      <CircuitGlyph state={event.to} size={20} />
      <div>
        <div className="transition-head">
          <span>
            {isBeneath(event) ? (
              BENEATH_WORDS
            ) : (
              <>
                {STATE_WORDS[event.from]} → <strong>{STATE_WORDS[event.to]}</strong>
              </>
            )}
            {operator !== null && <span className="by-hand"> by {operator}</span>}
          </span>
          <time className="quiet" dateTime={event.at} title={localTime(event.at)}>
            {ageInWords(serverTime(observed, now) - Date.parse(event.at))}
          </time>
        </div>
        <div className="quiet anywhere">
          {reasonOf(event)}
          {event.expires_at != null && ` · until ${clockTime(Date.parse(event.expires_at))}`} · epoch {event.epoch}
        </div>
      </div>
    </li>
  );
}
