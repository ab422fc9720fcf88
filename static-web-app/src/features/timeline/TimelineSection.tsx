import { scaleLinear } from "d3-scale";
import { type CircuitHistory, NOTHING } from "@/shared/live/history";
import { inCallOrder } from "@/shared/live/callOrder";
import { useLiveState } from "@/shared/live/LiveContext";
import { serverTime } from "@/shared/live/observed";
import { spansOf } from "@/shared/live/spans";
import { trailOf } from "@/shared/live/trail";
import { useNow } from "@/shared/now";
import { useUrlState } from "@/shared/urlState";
import { useWidth } from "@/shared/useWidth";
import { Axis } from "./Axis";
import { binsOf } from "./bins";
import { FaultLane } from "./FaultLane";
import { Legend } from "./Legend";
import { Ribbon } from "@/shared/live/Ribbon";
import { FALLBACK, FLEET, PAGE } from "./series";
import { TimelineControls } from "./TimelineControls";
import { TimelineTable } from "./TimelineTable";
import { useTimeWindow } from "./timeWindow";
import { TrafficChart } from "./TrafficChart";

/** What the circuits went through in the last minutes, on one axis of time. */
export function TimelineSection() {
  const { circuits, history } = useLiveState();
  const now = useNow();
  const newest = circuits?.[0];
  const shown = useTimeWindow(newest === undefined ? now : serverTime(newest, now));
  const [view, setView] = useUrlState("view");
  const [measured, width] = useWidth<HTMLDivElement>();
  const asTable = view === "table";
  const { from, to } = shown;
  const x = scaleLinear([from, to], [0, width]);
  const names = inCallOrder(circuits ?? []).map(({ circuit }) => circuit.name);
  return (
    <section aria-labelledby="timeline-heading" className="timeline">
      <h1 id="timeline-heading">Timeline</h1>
      <TimelineControls shown={shown} asTable={asTable} onAsTable={(table) => setView(table ? "table" : null)} />
      <div className="timeline-lanes">
        <div ref={measured} className="timeline-measure" />
        {!asTable && (
          <section className="lane">
            <h2>Faults</h2>
            <FaultLane spans={history.faults} x={x} />
          </section>
        )}
        {names.map((name) => {
          const past = history.circuits[name] ?? NOTHING;
          return (
            <section key={name} className="lane" aria-label={name}>
              <h2>{name}</h2>
              {asTable ? (
                <TimelineTable circuit={name} past={past} from={from} to={to} />
              ) : (
                <Lane circuit={name} past={past} x={x} />
              )}
            </section>
          );
        })}
        {!asTable && <Axis x={x} />}
      </div>
      {!asTable && <Legend />}
    </section>
  );
}

function Lane({ circuit, past, x }: { circuit: string; past: CircuitHistory; x: ReturnType<typeof scaleLinear<number>> }) {
  const [from, to] = x.domain() as [number, number];
  const bins = binsOf(past, from, to);
  return (
    <>
      <Ribbon circuit={circuit} spans={spansOf(past, from, to)} events={trailOf(past) ?? []} x={x} />
      <TrafficChart title="Fleet: calls that ended, as the circuit counts them" bins={bins} series={FLEET} x={x} />
      <TrafficChart title="This page: what became of its own attempts" bins={bins} series={PAGE} line={FALLBACK} x={x} />
    </>
  );
}
