import { REMEMBERED_MS } from "@/shared/live/history";
import { useUrlState } from "@/shared/urlState";

/** How much time can be shown, in minutes. */
export const MINUTES = [1, 2, 5, 15] as const;
type Minutes = (typeof MINUTES)[number];
const DEFAULT: Minutes = 5;

export interface TimeWindow {
  from: number;
  to: number;
  minutes: Minutes;
  /** Whether its end is now, and moves on. */
  following: boolean;
  zoomTo: (minutes: Minutes) => void;
  /** Goes back or on by a share of the window. */
  moveBy: (share: number) => void;
  hold: () => void;
  follow: () => void;
}

/** The stretch of time that is shown; it lives in the address: `?window=5&until=2026-11-24T15:02:11Z`. */
export function useTimeWindow(now: number): TimeWindow {
  const [windowText, setWindow] = useUrlState("window");
  const [untilText, setUntil] = useUrlState("until");
  const minutes = MINUTES.find((choice) => String(choice) === windowText) ?? DEFAULT;
  const until = untilText === null ? Number.NaN : Date.parse(untilText);
  const following = Number.isNaN(until);
  const to = following ? now : Math.min(until, now);
  const holdAt = (moment: number) => setUntil(new Date(Math.round(moment)).toISOString());
  return {
    from: to - minutes * 60_000,
    to,
    minutes,
    following,
    zoomTo: (choice) => setWindow(choice === DEFAULT ? null : String(choice)),
    moveBy(share) {
      const moved = to + share * minutes * 60_000;
      if (moved >= now) setUntil(null);
      else holdAt(Math.max(moved, now - REMEMBERED_MS + minutes * 60_000));
    },
    hold: () => holdAt(to),
    follow: () => setUntil(null),
  };
}
