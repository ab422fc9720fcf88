import type { Attempt, Served } from "@/api/client";
import { ageInWords, localTime } from "@/shared/duration";
import { useNow } from "@/shared/now";
import { SourceBadge } from "./SourceBadge";

interface Props {
  served: Served;
  /** Without its age, where that would be read out each second. */
  ageless?: boolean;
}

/** Where an answer came from, how old it is, and what it took to get it. */
export function ServedLine({ served, ageless = false }: Props) {
  return (
    <span className="served">
      <SourceBadge served={served} />
      {!ageless && <Age asOf={served.as_of} />}
      {served.attempts.length > 0 && <Attempts attempts={served.attempts} />}
    </span>
  );
}

function Age({ asOf }: { asOf: string }) {
  const now = useNow();
  return (
    <time className="served-age" dateTime={asOf} title={localTime(asOf)}>
      as of {ageInWords(now - Date.parse(asOf))}
    </time>
  );
}

// Not an <ol>: the line stands in the description of a header, which is a <p>.
function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <span className="attempts" role="list" aria-label="Attempts, in order">
      {attempts.map((attempt, index) => (
        <span key={index} role="listitem" className={`attempt attempt-${attempt.outcome}`}>
          {attempt.target} {attempt.outcome} <span className="quiet">{milliseconds(attempt.duration_ms)}</span>
        </span>
      ))}
    </span>
  );
}

function milliseconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
