import { NOTHING } from "@/shared/live/history";
import { useLiveState } from "@/shared/live/LiveContext";
import type { Observed } from "@/shared/live/observed";
import type { ShownState } from "@/shared/live/shownState";
import { useNow } from "@/shared/now";
import { type Outlook, outlook } from "./outlook";

/** What the state means for the next call, and how far it has come. */
export function Phase({ observed, shown }: { observed: Observed; shown: ShownState }) {
  const { words, share } = useOutlook(observed, shown);
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
  return <>{useOutlook(observed, shown).words}</>;
}

function useOutlook(observed: Observed, shown: ShownState): Outlook {
  const { history } = useLiveState();
  const now = useNow();
  return outlook(observed, shown, now, history.circuits[observed.circuit.name] ?? NOTHING);
}
