import { Countdown } from "@/shared/Countdown";
import type { LoadEnd, LoadState } from "@/shared/load/LoadGenerator";
import { IN_FLIGHT_MAX } from "@/shared/load/loadPlan";
import { answered, OUTCOMES, quantile } from "@/shared/load/tally";
import { LoadChart } from "./LoadChart";
import { OUTCOME_WORDS } from "./outcomeWords";

const ENDS: Record<LoadEnd, string> = {
  done: "The load is over.",
  stopped: "The load was stopped.",
  hidden: "The load was stopped because this tab was hidden.",
};

export function LoadResults({ state }: { state: LoadState }) {
  const { tally, plan, ended, endsAt } = state;
  const total = answered(tally.counts);
  const median = quantile(tally.durations, 0.5);
  const late = quantile(tally.durations, 0.95);
  return (
    <div className="load-results">
      <p className="number">
        {/* Without the countdown, which would be read out each second. */}
        <span role="status">{ended === null ? "Running" : ENDS[ended]}</span>
        {ended === null && <Countdown until={endsAt} waiting={(wait) => `: ${wait} to go.`} over=": the last second." />}
      </p>
      <LoadChart tally={tally} perSecond={plan.perSecond} />
      <dl className="load-counts">
        {OUTCOMES.map((outcome) => (
          <div key={outcome} className={`outcome-${outcome}`}>
            <dt>
              <span className="outcome-swatch" aria-hidden="true" />
              {OUTCOME_WORDS[outcome]}
            </dt>
            <dd className="number">{tally.counts[outcome]}</dd>
          </div>
        ))}
      </dl>
      <p className="quiet number">
        {total} of {tally.sent} answered
        {median !== null && late !== null && ` · half within ${median} ms, 95 % within ${late} ms`}
        {tally.heldBack > 0 &&
          ` · ${tally.heldBack} not sent, because ${IN_FLIGHT_MAX} requests were waiting for answers already`}
      </p>
      {tally.retryAt !== null && <RetryAfter at={tally.retryAt} running={ended === null} />}
    </div>
  );
}

function RetryAfter({ at, running }: { at: number; running: boolean }) {
  return (
    <p className="load-retry">
      <Countdown
        until={at}
        waiting={(wait) => `The API has asked to come back in ${wait} (Retry-After).`}
        over="The wait that the API asked for (Retry-After) is over."
      />{" "}
      {running && "A polite client would wait; this load goes on, as a crowd of impatient ones would."}
    </p>
  );
}
