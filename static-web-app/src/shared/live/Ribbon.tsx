import type { ScaleLinear } from "d3-scale";
import type { CircuitEvent } from "@/api/client";
import { clockTime, durationInWords } from "@/shared/duration";
import { STATE_WORDS } from "./shownState";
import type { Span } from "./spans";
import { movedInWords, operatorOf, reasonOf } from "./trail";

interface Props {
  circuit: string;
  spans: readonly Span[];
  events: readonly CircuitEvent[];
  x: ScaleLinear<number, number>;
}

const HEIGHT = 26;
const MARKS = 12;
/** A word needs some 7 pixels a letter. */
const LETTER = 7.2;

/** What a circuit went through, as a ribbon of its states with a mark at each transition. */
export function Ribbon({ circuit, spans, events, x }: Props) {
  const [from, to] = x.domain() as [number, number];
  const [, width] = x.range() as [number, number];
  const shown = events.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
  return (
    <svg className="ribbon" width={width} height={HEIGHT + MARKS} role="img" aria-label={`${circuit}: ${inWords(spans)}`}>
      {spans.map((span) => {
        const left = x(span.from);
        const breadth = Math.max(1, x(span.to) - left);
        const words = span.state === null ? "Not known" : STATE_WORDS[span.state];
        return (
          <g key={span.from} className={`state-${span.state ?? "unknown"}`}>
            <title>{`${words}, ${durationInWords(span.to - span.from)} from ${clockTime(span.from)}`}</title>
            <rect className="ribbon-span" x={left} y={MARKS} width={breadth} height={HEIGHT} />
            {span.state !== null && <rect className="ribbon-edge" x={left} y={MARKS + HEIGHT - 4} width={breadth} height={4} />}
            {breadth > words.length * LETTER + 12 && (
              <text className="ribbon-word" x={left + 8} y={MARKS + 16}>
                {words}
              </text>
            )}
          </g>
        );
      })}
      {shown.map((event) => {
        const operator = operatorOf(event);
        const byHand = operator !== null;
        return (
          <path
            key={`${event.epoch} ${event.at}`}
            data-testid={byHand ? "mark-by-hand" : "mark"}
            className={byHand ? "ribbon-mark ribbon-mark-by-hand" : "ribbon-mark"}
            transform={`translate(${x(Date.parse(event.at))} 0)`}
            d={byHand ? "M0 0 5 5 0 10-5 5z" : `M-4 2H4L0 9zM0 9V${MARKS + HEIGHT}`}
          >
            <title>
              {`${clockTime(Date.parse(event.at))}: ${movedInWords(event)}, ${reasonOf(event)}, by ${operator ?? "breaker"}`}
            </title>
          </path>
        );
      })}
    </svg>
  );
}

function inWords(spans: readonly Span[]): string {
  return spans
    .map(({ state, from, to }) => `${state === null ? "not known" : STATE_WORDS[state].toLowerCase()} for ${durationInWords(to - from)}`)
    .join(", ");
}
