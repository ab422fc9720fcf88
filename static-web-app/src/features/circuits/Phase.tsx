import type { Observed } from "@/shared/live/observed";
import type { ShownState } from "@/shared/live/shownState";
import { useNow } from "@/shared/now";
import { outlook } from "./outlook";

/** What the state means for the next call, and how far it has come. */
export function Phase({ observed, shown }: { observed: Observed; shown: ShownState }) {
  const now = useNow();
  const { words, share } = outlook(observed, shown, now);
  return (
    <div className="phase">
      <svg className="phase-track" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect className="meter-ground" width="100" height="4" />
        {share !== null && <rect className="phase-share" width={share * 100} height="4" />}
      </svg>
      <p>{words}</p>
    </div>
  );
}

export function OutlookWords({ observed, shown }: { observed: Observed; shown: ShownState }) {
  const now = useNow();
  return <>{outlook(observed, shown, now).words}</>;
}
