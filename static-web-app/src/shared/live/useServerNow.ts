import { useNow } from "@/shared/now";
import { useLiveState } from "./LiveContext";
import { serverTime } from "./observed";

/** The server's time, as the circuits last told it, carried forward by this browser's clock. */
export function useServerNow(): number {
  const now = useNow();
  const newest = useLiveState().circuits?.[0];
  return newest === undefined ? now : serverTime(newest, now);
}
