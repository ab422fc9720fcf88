import { percent } from "@/shared/numbers";

interface Props {
  name: string;
  /** Null when there was no call to take it from. */
  rate: number | null;
  /** At which the circuit may open. */
  threshold: number;
  /** Where the true rate lies, by what was counted. */
  band?: readonly [low: number, high: number] | null;
  children: string;
}

/** A share of calls, against the share that trips the circuit. */
export function RateMeter({ name, rate, threshold, band = null, children }: Props) {
  const words = rate === null ? "no calls" : percent(rate);
  return (
    <div className="meter">
      <div className="meter-words">
        <span>{name}</span>
        <strong className="number">{words}</strong>
        <span className="quiet">trips at {percent(threshold)}</span>
      </div>
      <svg
        className="meter-track"
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((rate ?? 0) * 100)}
        aria-valuetext={`${words}, trips at ${percent(threshold)}`}
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
      >
        <rect className="meter-ground" y="2" width="100" height="6" />
        <rect className={rate !== null && rate >= threshold ? "meter-over" : "meter-under"} y="2" width={(rate ?? 0) * 100} height="6" />
        {band && <rect className="meter-band" x={band[0] * 100} y="3.5" width={(band[1] - band[0]) * 100} height="3" />}
        <rect className="meter-threshold" x={threshold * 100 - 0.3} width="0.6" height="10" />
      </svg>
      <div className="quiet meter-note">{children}</div>
    </div>
  );
}
