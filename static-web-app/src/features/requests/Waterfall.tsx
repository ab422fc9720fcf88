import { type ScaleLinear, scaleLinear } from "d3-scale";
import { OUTCOME_WORDS } from "./outcomeWords";
import type { Step } from "./trace";

interface Props {
  steps: readonly Step[];
  /** How long the API's function took for all of it. */
  totalMs: number;
}

/** The steps of a request over time. What it shows stands in the table below as well. */
export function Waterfall({ steps, totalMs }: Props) {
  const x = scaleLinear()
    .domain([0, Math.max(1, totalMs)])
    .range([0, 100]);
  return (
    <div className="waterfall" aria-hidden="true">
      <span />
      <Axis x={x} />
      <span />
      {steps.map((step, index) => (
        <Row key={index} step={step} x={x} />
      ))}
    </div>
  );
}

type Scale = ScaleLinear<number, number>;
const TICKS = 4;

function Axis({ x }: { x: Scale }) {
  return (
    <svg className="waterfall-axis" height="16">
      {x.ticks(TICKS).map((tick) => (
        <text key={tick} x={`${x(tick)}%`} y="12" textAnchor={x(tick) > 92 ? "end" : tick === 0 ? "start" : "middle"}>
          {tick} ms
        </text>
      ))}
    </svg>
  );
}

const HEIGHT = 26;

function Row({ step, x }: { step: Step; x: Scale }) {
  const { kind, depth, name, outcome, startedMs, durationMs } = step;
  return (
    <>
      <span className={`waterfall-name waterfall-name-${kind} waterfall-depth-${depth}`}>{name}</span>
      <svg className={`waterfall-track step-${kind} step-${outcome ?? "wait"}`} height={HEIGHT}>
        {x.ticks(TICKS).map((tick) => (
          <line key={tick} className="waterfall-grid" x1={`${x(tick)}%`} x2={`${x(tick)}%`} y2={HEIGHT} />
        ))}
        {kind === "decision" ? (
          <circle className="step-mark" cx={`${x(startedMs)}%`} cy={HEIGHT / 2} r="6" />
        ) : (
          <Bar kind={kind} from={x(startedMs)} to={x(startedMs + durationMs)} />
        )}
      </svg>
      <span className="waterfall-outcome number">
        {outcome !== null && (
          <span className={`step-word step-${outcome}`} title={OUTCOME_WORDS[outcome]}>
            {outcome}
          </span>
        )}{" "}
        {kind !== "decision" && <span className="quiet">{durationMs} ms</span>}
      </span>
    </>
  );
}

/** What took less than a visible time is drawn as a thin line at its place. */
const THINNEST = 0.4;

function Bar({ kind, from, to }: { kind: Step["kind"]; from: number; to: number }) {
  const width = Math.max(THINNEST, to - from);
  const left = Math.min(from, 100 - THINNEST);
  if (kind === "backoff") {
    return <line className="step-wait-line" x1={`${left}%`} x2={`${left + width}%`} y1={HEIGHT / 2} y2={HEIGHT / 2} />;
  }
  const height = kind === "inner" ? 8 : 14;
  return (
    <rect className="step-bar" x={`${left}%`} width={`${width}%`} y={(HEIGHT - height) / 2} height={height} rx="3" />
  );
}
