import type { Fault } from "@/api/client";
import { waitInWords } from "@/shared/duration";
import { useServerNow } from "@/shared/live/useServerNow";

/** Counts down to the moment at which a fault ends by itself. */
export function FaultExpiry({ fault }: { fault: Fault }) {
  const left = Date.parse(fault.expires_at) - useServerNow();
  return (
    <time className="number" dateTime={fault.expires_at}>
      {left > 0 ? `ends in ${waitInWords(left)}` : "is ending"}
    </time>
  );
}
