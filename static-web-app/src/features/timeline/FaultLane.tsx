import type { ScaleLinear } from "d3-scale";
import { clockTime } from "@/shared/duration";
import type { FaultSpan } from "@/shared/live/history";
import { percent } from "@/shared/numbers";

const HEIGHT = 20;

interface Props {
  spans: readonly FaultSpan[];
  x: ScaleLinear<number, number>;
}

/** The faults that somebody asked for, while this page was watching. Those of one target share a row. */
export function FaultLane({ spans, x }: Props) {
  const [from, to] = x.domain() as [number, number];
  const [, width] = x.range() as [number, number];
  const shown = spans.filter((span) => span.from < to && (span.to ?? to) > from);
  const targets = [...new Set(shown.map(({ target }) => target))];
  return (
    <svg
      className="fault-lane"
      width={width}
      height={Math.max(1, targets.length) * (HEIGHT + 2)}
      role="img"
      aria-label={`Faults: ${shown.map(words).join(", ") || "none"}`}
    >
      {shown.length === 0 && (
        <text className="lane-empty" x={0} y={14}>
          No fault was in force while this page watched.
        </text>
      )}
      {shown.map((span) => {
        const left = Math.max(0, x(span.from));
        const breadth = Math.max(2, x(Math.min(to, span.to ?? to)) - left);
        const text = words(span);
        return (
          <g key={`${span.target} ${span.from}`} transform={`translate(0 ${targets.indexOf(span.target) * (HEIGHT + 2)})`}>
            <title>{`${text}, from ${clockTime(span.from)}`}</title>
            <rect className="fault-span" x={left} width={breadth} height={HEIGHT} rx={3} />
            {/* What is too long for its bar stands beside it. */}
            <text className="fault-word" x={breadth > text.length * 7 ? left + 6 : left + breadth + 6} y={14} {...besideTheEdge(left, breadth, text, width)}>
              {text}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** A word that would run out of the picture stands on the left of its bar. */
function besideTheEdge(left: number, breadth: number, text: string, width: number) {
  const inside = breadth > text.length * 7;
  if (inside || left + breadth + text.length * 7 < width) return {};
  return { x: left - 6, textAnchor: "end" as const };
}

function words({ target, fault }: FaultSpan): string {
  const kind = fault.kind === "latency" ? `+${fault.latency_ms} ms` : fault.kind;
  return `${target}: ${kind}${fault.rate < 1 ? ` in ${percent(fault.rate)}` : ""}`;
}
