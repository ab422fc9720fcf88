import { lazy, Suspense, useState } from "react";
import { waitInWords } from "@/shared/duration";
import { NOTHING } from "@/shared/live/history";
import { useLiveState } from "@/shared/live/LiveContext";
import { effectiveOverride, type Observed, type Override, serverTime } from "@/shared/live/observed";
import { OVERRIDDEN, STATE_WORDS } from "@/shared/live/shownState";
import { operatorOf, placing, reasonOf } from "@/shared/live/trail";
import { useNow } from "@/shared/now";
import { RequiresSignIn } from "@/shared/session/SessionContext";

const OverrideDialogs = lazy(() =>
  import("./override/OverrideDialogs").then((module) => ({ default: module.OverrideDialogs })),
);

/** The operator's override that stands above the rules, and the ways to give and to take it back. */
export function OverrideRow({ observed }: { observed: Observed }) {
  const now = useNow();
  const [dialog, setDialog] = useState<"place" | "withdraw" | null>(null);
  const { name } = observed.circuit;
  const override = effectiveOverride(observed, now);
  return (
    <div className={override === null ? "override" : "override override-standing"}>
      <div className="anywhere">
        {override === null ? (
          <span className="quiet">No override: the rules decide.</span>
        ) : (
          <>
            <strong>{STATE_WORDS[OVERRIDDEN[override.mode]]}</strong> <ByWhom circuit={name} override={override} />
            <div className="quiet number">
              Ends in {waitInWords(Date.parse(override.expires_at) - serverTime(observed, now))}
            </div>
          </>
        )}
      </div>
      <div className="override-controls">
        <RequiresSignIn to="override circuits">
          {override !== null && (
            <button type="button" className="small-button" onClick={() => setDialog("withdraw")}>
              Withdraw<span className="visually-hidden"> the override of {name}</span>
            </button>
          )}
          <button type="button" className="small-button" onClick={() => setDialog("place")}>
            {override === null ? "Override" : "Change"}
            <span className="visually-hidden">{override === null ? ` ${name}` : ` the override of ${name}`}</span>
          </button>
        </RequiresSignIn>
      </div>
      {dialog !== null && (
        <Suspense>
          <OverrideDialogs kind={dialog} circuit={name} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </div>
  );
}

/** The circuit is public and withholds both; operators have them from the trail. */
function ByWhom({ circuit, override }: { circuit: string; override: Override }) {
  const { history } = useLiveState();
  const placed = override.actor === null ? placing(history.circuits[circuit] ?? NOTHING, override) : null;
  const told = placed ?? override;
  return (
    <>
      by {operatorOf(told)}: {reasonOf(told)}
    </>
  );
}
