import { type ScaleLinear, scaleLinear } from "d3-scale";
import { perSecond } from "@/shared/numbers";
import type { Bin } from "./bins";

export interface Series {
  name: string;
  /** Names the colour and the pattern in the style sheet. */
  kind: "passed" | "failed" | "rejected";
  of: (bin: Bin) => number;
}

interface Props {
  title: string;
  bins: readonly Bin[];
  series: readonly Series[];
  /** Drawn over the bars, because its calls are in them already. */
  line?: { name: string; of: (bin: Bin) => number };
  x: ScaleLinear<number, number>;
}

const HEIGHT = 52;

/** Calls per second, stacked by what became of them. */
export function TrafficChart({ title, bins, series, line, x }: Props) {
  const [, width] = x.range() as [number, number];
  const most = Math.max(...bins.map((bin) => series.reduce((sum, { of }) => sum + of(bin), 0)), ...(line ? bins.map(line.of) : []));
  const y = scaleLinear([0, most || 1], [HEIGHT - 1, 8]);
  const sums = [...series, ...(line ? [line] : [])].map(({ name, of }) => `${name} ${perSecond(average(bins, of))}`);
  return (
    <figure className="traffic">
      <figcaption>
        <span>{title}</span>
        <span className="number">{most > 0 ? `at most ${perSecond(most)}` : "no calls"}</span>
      </figcaption>
      <svg width={width} height={HEIGHT} role="img" aria-label={`${title}, on average: ${sums.join(", ")}`}>
        <path className="traffic-ground" d={`M0 ${HEIGHT - 0.5}H${width}`} />
        {bins.map((bin) => {
          let below = 0;
          const left = x(bin.from);
          const breadth = Math.max(1, x(bin.to) - left - 1);
          return series.map(({ kind, of }) => {
            const value = of(bin);
            if (value <= 0) return null;
            const top = y(below + value);
            const bar = <rect key={`${bin.from} ${kind}`} className={`bar-${kind}`} x={left} y={top} width={breadth} height={y(below) - top} />;
            below += value;
            return bar;
          });
        })}
        {line && most > 0 && <path className="traffic-line" d={steps(bins, line.of, x, y)} />}
      </svg>
    </figure>
  );
}

function steps(bins: readonly Bin[], of: (bin: Bin) => number, x: ScaleLinear<number, number>, y: ScaleLinear<number, number>) {
  return bins.map((bin, index) => `${index === 0 ? "M" : "L"}${x(bin.from)} ${y(of(bin))}H${x(bin.to)}`).join("");
}

function average(bins: readonly Bin[], of: (bin: Bin) => number): number {
  return bins.reduce((sum, bin) => sum + of(bin), 0) / Math.max(1, bins.length);
}
