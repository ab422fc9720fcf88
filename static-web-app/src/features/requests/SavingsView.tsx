import { scaleLinear } from "d3-scale";
import { type Savings } from "./savings";

/** Effective against actual success: what the attempts after the first one bought, and for how much. */
export function SavingsView({ savings }: { savings: Savings }) {
  const { requests, firstOk, retriedOk, answered, extraAttempts } = savings;
  if (requests === 0) {
    return <p className="quiet">No request of these has been let through to the Retry Lambda yet.</p>;
  }
  return (
    <>
      <dl className="savings">
        <Rate name="First attempts that succeeded" count={firstOk} of={requests} kind="first" />
        <Rate name="Requests that succeeded with retries" count={retriedOk} of={requests} kind="retried" />
        <Rate name="Requests that were answered, fallback included" count={answered} of={requests} kind="answered" />
      </dl>
      <p className="quiet number">
        {extraAttempts === 0
          ? "No attempt was made twice."
          : `Bought with ${extraAttempts} more ${extraAttempts === 1 ? "attempt" : "attempts"} than requests: ` +
            `${(1 + extraAttempts / requests).toFixed(2)} attempts for each request.`}
      </p>
    </>
  );
}

interface RateProps {
  name: string;
  count: number;
  of: number;
  kind: "first" | "retried" | "answered";
}

function Rate({ name, count, of, kind }: RateProps) {
  const width = scaleLinear().domain([0, of]).range([0, 100])(count);
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <svg className={`savings-bar savings-${kind}`} height="10" aria-hidden="true">
          <rect className="savings-ground" width="100%" height="10" rx="5" />
          <rect className="savings-share" width={`${width}%`} height="10" rx="5" />
        </svg>
        <span className="number">
          <strong>{Math.round((count / of) * 100)} %</strong>{" "}
          <span className="quiet">
            {count} of {of}
          </span>
        </span>
      </dd>
    </div>
  );
}
