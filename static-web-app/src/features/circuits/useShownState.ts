import { useLiveState } from "@/shared/live/LiveContext";
import type { Observed } from "@/shared/live/observed";
import { type ShownState, shownState } from "@/shared/live/shownState";
import { useNow } from "@/shared/now";

export function useShownState(observed: Observed): ShownState {
  const { error } = useLiveState();
  const now = useNow();
  return shownState(observed, error, now);
}
