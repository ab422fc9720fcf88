import { waitInWords } from "@/shared/duration";
import { effectiveOverride, type Observed, serverTime } from "@/shared/live/observed";
import { ORDERED, STATE_WORDS } from "@/shared/live/shownState";
import { useNow } from "@/shared/now";
import { Guarded } from "@/shared/session/SessionContext";

interface Props {
  observed: Observed;
  onPlace: () => void;
  onWithdraw: () => void;
}

/** The operator's order that stands above the rules, and the ways to give and to take it back. */
export function OverrideRow({ observed, onPlace, onWithdraw }: Props) {
  const now = useNow();
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
            <button type="button" className="small-button" onClick={onWithdraw}>
              Withdraw<span className="visually-hidden"> the override of {name}</span>
            </button>
          )}
          <button type="button" className="small-button" onClick={onPlace}>
            {order === null ? "Override" : "Change"}
            <span className="visually-hidden">{order === null ? ` ${name}` : ` the override of ${name}`}</span>
          </button>
        </Guarded>
      </div>
    </div>
  );
}
