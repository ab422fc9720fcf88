import type { Circuit } from "@/api/client";
import { probeProgress } from "./probeProgress";

/** Leases that are out, and successes that count towards closing, as filled places. */
export function ProbePips({ probes }: { probes: Circuit["probes"] }) {
  const { ahead, words } = probeProgress(probes);
  return (
    <div className="probes">
      <Pips filled={probes.leased} places={probes.max} words={`${probes.leased} of ${probes.max} leased`} />
      <Pips filled={ahead} places={probes.needed} words={words} />
    </div>
  );
}

/** More places than this are told in words alone. */
const DRAWN = 8;

function Pips({ filled, places, words }: { filled: number; places: number; words: string }) {
  return (
    <span className="pips">
      {places <= DRAWN && (
        <span aria-hidden="true">
          {Array.from({ length: places }, (_, place) => (
            <span key={place} className={place < filled ? "pip pip-filled" : "pip"} />
          ))}
        </span>
      )}
      {words}
    </span>
  );
}
