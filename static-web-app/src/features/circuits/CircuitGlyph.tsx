import type { CircuitState } from "@/api/client";

/** The switch of the circuit diagram: its lever lies, stands half-way, or is up. */
const LEVERS: Record<CircuitState, string> = {
  closed: "M13 24H35",
  half_open: "M13 24 33.5 17",
  open: "M13 24 29 9",
};

/** The frame tells the states apart without colour: a disc, a diamond, a square. */
const FRAMES: Record<CircuitState, string> = {
  closed: "M24 2a22 22 0 1 0 0 44 22 22 0 0 0 0-44",
  half_open: "M24 1 47 24 24 47 1 24z",
  open: "M8 3H40a5 5 0 0 1 5 5V40a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5",
};

export function CircuitGlyph({ state, size }: { state: CircuitState; size: number }) {
  return (
    <svg className={`glyph state-${state}`} viewBox="0 0 48 48" width={size} height={size} aria-hidden="true">
      <path className="glyph-frame" d={FRAMES[state]} />
      <path className="glyph-wire" d="M7 24H13M35 24H41" />
      <path className="glyph-lever" d={LEVERS[state]} />
      <circle className="glyph-contact" cx="13" cy="24" r="3" />
      <circle className="glyph-contact" cx="35" cy="24" r="3" />
    </svg>
  );
}
