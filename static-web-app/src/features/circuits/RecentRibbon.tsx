import { scaleLinear } from "d3-scale";
import { Link } from "wouter";
import { NOTHING } from "@/shared/live/history";
import { useLiveState } from "@/shared/live/LiveContext";
import { type Observed, serverTime } from "@/shared/live/observed";
import { Ribbon } from "@/shared/live/Ribbon";
import { spansOf } from "@/shared/live/spans";
import { trailOf } from "@/shared/live/trail";
import { useNow } from "@/shared/now";
import { useWidth } from "@/shared/useWidth";

const SHOWN_MS = 5 * 60_000;

/** The last minutes of one circuit; more of them stand on the timeline. */
export function RecentRibbon({ observed }: { observed: Observed }) {
  const { history } = useLiveState();
  const [measured, width] = useWidth<HTMLDivElement>();
  const to = serverTime(observed, useNow());
  const from = to - SHOWN_MS;
  const { name } = observed.circuit;
  const past = history.circuits[name] ?? NOTHING;
  return (
    <div ref={measured} className="recent">
      <Ribbon circuit={name} spans={spansOf(past, from, to)} events={trailOf(past) ?? []} x={scaleLinear([from, to], [0, width])} />
      <div className="recent-axis">
        <span>5 min ago</span>
        <Link href="/timeline">Timeline</Link>
        <span>now</span>
      </div>
    </div>
  );
}
