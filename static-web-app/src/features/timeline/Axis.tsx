import type { ScaleLinear } from "d3-scale";
import { clockTime } from "@/shared/duration";

/** How far apart the ticks may be, in seconds. */
const STEPS = [10, 15, 30, 60, 120, 180, 300];
const ROOM = 90;

export function Axis({ x }: { x: ScaleLinear<number, number> }) {
  const [from, to] = x.domain() as [number, number];
  const [, width] = x.range() as [number, number];
  const most = Math.max(1, Math.floor(width / ROOM));
  const step = 1000 * (STEPS.find((seconds) => (to - from) / 1000 / seconds <= most) ?? 300);
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return (
    <svg className="axis" width={width} height={22} aria-hidden="true">
      {ticks.map((tick) => (
        <g key={tick} transform={`translate(${x(tick)} 0)`}>
          <path d="M0 0V5" />
          <text y={18} textAnchor={x(tick) < 30 ? "start" : x(tick) > width - 30 ? "end" : "middle"}>
            {clockTime(tick)}
          </text>
        </g>
      ))}
    </svg>
  );
}
