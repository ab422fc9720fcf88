import { useLiveState } from "@/shared/live/LiveContext";
import { movedInWords, reasonOf } from "@/shared/live/trail";

/** Tells those who listen to the page what those who see it cannot miss: transitions, and nothing else. */
export function Announcer() {
  const { lastEvent } = useLiveState();
  return (
    <div className="visually-hidden" role="status" aria-live="polite" data-testid="announcer">
      {lastEvent && (
        <span key={`${lastEvent.circuit} ${lastEvent.event.at}`}>
          Circuit {lastEvent.circuit}: {movedInWords(lastEvent.event)}. {reasonOf(lastEvent.event)}
        </span>
      )}
    </div>
  );
}
