import { createContext, useContext, useSyncExternalStore } from "react";
import type { LoadGenerator, LoadState } from "./LoadGenerator";

export const LoadContext = createContext<LoadGenerator | null>(null);

export function useLoad(): { load: LoadGenerator; state: LoadState | null } {
  const load = useContext(LoadContext);
  if (load === null) throw new Error("useLoad needs a LoadProvider above it");
  return { load, state: useSyncExternalStore(load.watch, load.state) };
}
