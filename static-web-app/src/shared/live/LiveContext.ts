import { createContext, useContext, useSyncExternalStore } from "react";
import type { Live, LiveState } from "./Live";

const LiveContext = createContext<Live | null>(null);
export const LiveProvider = LiveContext.Provider;

/** Pausing, resuming, and asking at once. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("useLive needs a LiveProvider above it");
  return live;
}

/** What the polls have told so far. */
export function useLiveState(): LiveState {
  const live = useLive();
  return useSyncExternalStore(live.watch, live.state);
}
