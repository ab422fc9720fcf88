import type { ShownState } from "./shownState";

/** The switch of the circuit diagram: its lever lies, stands half-way, or is up. */
const LIES = "M13 24H35";
const HALF_WAY = "M13 24 33.5 17";
const UP = "M13 24 29 9";

/** The frame tells the states apart without colour. */
const DISC = "M24 2a22 22 0 1 0 0 44 22 22 0 0 0 0-44";
const DIAMOND = "M24 1 47 24 24 47 1 24z";
const SQUARE = "M8 3H40a5 5 0 0 1 5 5V40a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5";
const OCTAGON = "M15 2H33L46 15V33L33 46H15L2 33V15z";
const HEXAGON = "M13 4H35L47 24 35 44H13L1 24z";
const CYLINDER = "M4 10C4 1 44 1 44 10V38C44 47 4 47 4 38zM4 10C4 18 44 18 44 10";

const SHAPES: Record<ShownState, { frame: string; lever: string }> = {
  closed: { frame: DISC, lever: LIES },
  ramping: { frame: DISC, lever: LIES },
  half_open: { frame: DIAMOND, lever: HALF_WAY },
  open: { frame: SQUARE, lever: UP },
  forced_open: { frame: OCTAGON, lever: UP },
  forced_closed: { frame: HEXAGON, lever: LIES },
  shadow: { frame: DISC, lever: LIES },
  store_unavailable: { frame: CYLINDER, lever: "M17 25 31 37M31 25 17 37" },
  stale: { frame: DISC, lever: "M24 11V24L32 30" },
};

const WITHOUT_SWITCH: ReadonlySet<ShownState> = new Set(["store_unavailable", "stale"]);

export function CircuitGlyph({ state, size }: { state: ShownState; size: number }) {
  const { frame, lever } = SHAPES[state];
  return (
    <svg className={`glyph state-${state}`} viewBox="0 0 48 48" width={size} height={size} aria-hidden="true">
      <path className="glyph-frame" d={frame} />
      {!WITHOUT_SWITCH.has(state) && (
        <>
          <path className="glyph-wire" d="M7 24H13M35 24H41" />
          <circle className="glyph-contact" cx="13" cy="24" r="3" />
          <circle className="glyph-contact" cx="35" cy="24" r="3" />
        </>
      )}
      <path className="glyph-lever" d={lever} />
    </svg>
  );
}
