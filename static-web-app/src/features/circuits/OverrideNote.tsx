import { waitInWords } from "@/shared/duration";
import { useNow } from "@/shared/now";
import { effectiveOverride, type Observed, type Override, serverTime } from "@/shared/live/observed";

const MODES: Record<Override["mode"], string> = {
  force_open: "Forced open",
  force_closed: "Forced closed",
  shadow: "Shadow mode",
};

export function OverrideNote({ observed }: { observed: Observed }) {
  const now = useNow();
  const override = effectiveOverride(observed, now);
  if (override === null) return null;
  const left = Date.parse(override.expires_at) - serverTime(observed, now);
  return (
    <div className="override anywhere">
      <strong>{MODES[override.mode]}</strong> by {override.actor}: {override.reason}
      <div className="quiet">Ends in {waitInWords(left)}</div>
    </div>
  );
}
