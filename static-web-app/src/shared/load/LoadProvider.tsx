import { type ReactNode, useEffect, useState } from "react";
import { useApi } from "@/api/ApiContext";
import { LoadContext } from "./loadContext";
import { LoadGenerator } from "./LoadGenerator";
import { LoadTraffic } from "./traffic";

/** Keeps the one load that this page may put on the API, whichever part of it is shown. */
export function LoadProvider({ children }: { children: ReactNode }) {
  const api = useApi();
  const [load] = useState(() => {
    const traffic = new LoadTraffic(api.load);
    return new LoadGenerator(traffic.send, () => void traffic.cleanUp());
  });
  useEffect(() => load.stop, [load]);
  return <LoadContext value={load}>{children}</LoadContext>;
}
