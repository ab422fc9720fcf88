import { clockTime } from "@/shared/duration";
import { MINUTES, type TimeWindow } from "./timeWindow";

interface Props {
  shown: TimeWindow;
  asTable: boolean;
  onAsTable: (asTable: boolean) => void;
}

export function TimelineControls({ shown, asTable, onAsTable }: Props) {
  return (
    <div className="timeline-controls" role="toolbar" aria-label="Timeline">
      <div className="button-group" role="group" aria-label="Time shown">
        {MINUTES.map((minutes) => (
          <button key={minutes} type="button" aria-pressed={shown.minutes === minutes} onClick={() => shown.zoomTo(minutes)}>
            {minutes} min
          </button>
        ))}
      </div>
      <div className="button-group" role="group" aria-label="Move">
        <button type="button" onClick={() => shown.moveBy(-0.5)} aria-label="Earlier">
          ◀
        </button>
        {/* Its name says what it does next, so it is not told to be pressed as well. */}
        <button type="button" data-held={!shown.following || undefined} onClick={shown.following ? shown.hold : shown.follow}>
          {shown.following ? "Hold" : "Follow"}
        </button>
        {/* Not disabled, which would take the focus from whoever has just arrived at the present with it. */}
        <button type="button" onClick={() => shown.moveBy(0.5)} aria-disabled={shown.following} aria-label="Later">
          ▶
        </button>
      </div>
      <button type="button" className="small-button" aria-pressed={asTable} onClick={() => onAsTable(!asTable)}>
        Table
      </button>
      <span className="quiet number timeline-extent">
        {clockTime(shown.from)} to {shown.following ? "now" : clockTime(shown.to)}
      </span>
    </div>
  );
}
