import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { flushSync } from "react-dom";
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
  const place = useRef<HTMLButtonElement>(null);
  // Who stands at the button to withdraw when the override ends goes on to the one beside it.
  const withdraw = useCallback(
    (button: HTMLButtonElement) => () => {
      if (document.activeElement === button) place.current?.focus();
    },
    [],
  );
  const close = () => {
    flushSync(() => setDialog(null));
    // The button that opened the dialog has the focus again, if it is still there.
    if (document.activeElement === document.body) place.current?.focus();
  };
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
            <button ref={withdraw} type="button" className="small-button" onClick={() => setDialog("withdraw")}>
              Withdraw<span className="visually-hidden"> the override of {name}</span>
            </button>
          )}
          <button ref={place} type="button" className="small-button" onClick={() => setDialog("place")}>
            {order === null ? "Override" : "Change"}
            <span className="visually-hidden">{order === null ? ` ${name}` : ` the override of ${name}`}</span>
          </button>
        </Guarded>
      </div>
      {dialog !== null && (
        <Suspense>
          <OverrideDialogs kind={dialog} circuit={name} onClose={close} />
        </Suspense>
      )}
    </div>
  );
}
