import { useLiveState } from "@/shared/live/LiveContext";
import { STATE_WORDS } from "@/shared/live/shownState";

/** Tells those who listen to the page what those who see it cannot miss: transitions, and nothing else. */
export function Announcer() {
  const { lastEvent } = useLiveState();
  return (
    <div className="visually-hidden" role="status" aria-live="polite" data-testid="announcer">
      {lastEvent && (
        <span key={`${lastEvent.circuit} ${lastEvent.event.at}`}>
          Circuit {lastEvent.circuit}: {STATE_WORDS[lastEvent.event.from]} to {STATE_WORDS[lastEvent.event.to]}.{" "}
          {lastEvent.event.reason}
        </span>
      )}
    </div>
  );
}
