import { lazy, Suspense, useState } from "react";
import { waitInWords } from "@/shared/duration";
import { effectiveOverride, type Observed, serverTime } from "@/shared/live/observed";
import { ORDERED, STATE_WORDS } from "@/shared/live/shownState";
import { useNow } from "@/shared/now";
import { Guarded } from "@/shared/session/SessionContext";

const OverrideDialogs = lazy(() =>
  import("./override/OverrideDialogs").then((module) => ({ default: module.OverrideDialogs })),
);

/** The operator's order that stands above the rules, and the ways to give and to take it back. */
export function OverrideRow({ observed }: { observed: Observed }) {
  const now = useNow();
  const [dialog, setDialog] = useState<"place" | "withdraw" | null>(null);
  const { name } = observed.circuit;
  const order = effectiveOverride(observed, now);
  return (
    <div className={order === null ? "override" : "override override-standing"}>
      <div className="anywhere">
        {order === null ? (
          <span className="quiet">No override: the rules decide.</span>
        ) : (
          <>
            <strong>{STATE_WORDS[ORDERED[order.mode]]}</strong> by {order.actor}: {order.reason}
            <div className="quiet number">
              Ends in {waitInWords(Date.parse(order.expires_at) - serverTime(observed, now))}
            </div>
          </>
        )}
      </div>
      <div className="override-controls">
        <Guarded to="override circuits">
          {order !== null && (
            <button type="button" className="small-button" onClick={() => setDialog("withdraw")}>
              Withdraw<span className="visually-hidden"> the override of {name}</span>
            </button>
          )}
          <button type="button" className="small-button" onClick={() => setDialog("place")}>
            {order === null ? "Override" : "Change"}
            <span className="visually-hidden">{order === null ? ` ${name}` : ` the override of ${name}`}</span>
          </button>
        </Guarded>
      </div>
      {dialog !== null && (
        <Suspense>
          <OverrideDialogs kind={dialog} circuit={name} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </div>
  );
}
