import { useSyncExternalStore } from "react";

const TICK_MS = 1000;
const watchers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function tick() {
  now = Date.now();
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void) {
  watchers.add(watcher);
  ticking ??= setInterval(tick, TICK_MS);
  // What just appeared often carries a newer time than the last tick.
  tick();
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The time, renewed each second for every component that shows an age or a wait. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}
