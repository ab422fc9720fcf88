import { useSyncExternalStore } from "react";
import { useApi } from "@/api/ApiContext";
import type { RecordedRequest } from "@/api/requestLog";

/** Everything that was asked from this page, oldest first. */
export function useRequests(): readonly RecordedRequest[] {
  const { log } = useApi();
  return useSyncExternalStore(log.watch, log.all);
}
