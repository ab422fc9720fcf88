import { scaleBand, scaleLinear } from "d3-scale";
import { answered, type Counts, OUTCOMES, type Tally } from "@/shared/load/tally";

const WIDTH = 360;
const HEIGHT = 96;

interface Props {
  tally: Tally;
  perSecond: number;
}

/** What ended in each second of the load, one bar a second. The counts below say the same in figures. */
export function LoadChart({ tally, perSecond }: Props) {
  const x = scaleBand<number>()
    .domain(tally.seconds.map((_, second) => second))
    .range([0, WIDTH])
    .paddingInner(0.15);
  const most = Math.max(perSecond, ...tally.seconds.map(answered));
  const y = scaleLinear().domain([0, most]).range([0, HEIGHT]);
  return (
    <svg className="load-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT + 1}`} preserveAspectRatio="none" aria-hidden="true">
      <line className="load-pace" x1={0} x2={WIDTH} y1={HEIGHT - y(perSecond)} y2={HEIGHT - y(perSecond)} />
      <line className="load-ground" x1={0} x2={WIDTH} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
      {tally.seconds.map((counts, second) => (
        <g key={second} transform={`translate(${x(second) ?? 0} 0)`}>
          {stacked(counts).map(({ outcome, from, count }) => (
            <rect
              key={outcome}
              className={`outcome-${outcome}`}
              width={x.bandwidth()}
              y={HEIGHT - y(from + count)}
              height={y(count)}
            />
          ))}
        </g>
      ))}
    </svg>
  );
}

function stacked(counts: Counts) {
  let top = 0;
  return OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => {
    const from = top;
    top += counts[outcome];
    return { outcome, from, count: counts[outcome] };
  });
}
