import { clockTime, durationInWords } from "@/shared/duration";
import type { CircuitHistory } from "@/shared/live/history";
import { STATE_WORDS } from "@/shared/live/shownState";
import { spansOf } from "@/shared/live/spans";
import { perSecond } from "@/shared/numbers";
import { binsOf } from "./bins";
import { FALLBACK, FLEET, PAGE } from "./series";

interface Props {
  circuit: string;
  past: CircuitHistory;
  from: number;
  to: number;
}

const COLUMNS = [...FLEET, ...PAGE, FALLBACK];

/** The same as the pictures, as text, newest first; seconds in which nothing was counted are left out. */
export function TimelineTable({ circuit, past, from, to }: Props) {
  const spans = spansOf(past, from, to).toReversed();
  const bins = binsOf(past, from, to).filter((bin) => COLUMNS.some(({ of }) => of(bin) > 0)).toReversed();
  return (
    <div className="timeline-tables">
      <table>
        <caption>States of {circuit}</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">State</th>
            <th scope="col">For</th>
          </tr>
        </thead>
        <tbody>
          {spans.map((span) => (
            <tr key={span.from}>
              <td>{clockTime(span.from)}</td>
              <td>{span.state === null ? "Not known" : STATE_WORDS[span.state]}</td>
              <td>{durationInWords(span.to - span.from)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={`Calls at ${circuit}`}>
        <table>
          <caption>Calls at {circuit}</caption>
          <thead>
            <tr>
              <td />
              <th scope="colgroup" colSpan={FLEET.length}>
                Fleet
              </th>
              <th scope="colgroup" colSpan={PAGE.length + 1}>
                This page
              </th>
            </tr>
            <tr>
              <th scope="col">From</th>
              {COLUMNS.map(({ name }, index) => (
                <th scope="col" key={index}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bins.map((bin) => (
              <tr key={bin.from}>
                <th scope="row">{clockTime(bin.from)}</th>
                {COLUMNS.map(({ of }, index) => (
                  <td key={index}>{perSecond(of(bin))}</td>
                ))}
              </tr>
            ))}
            {bins.length === 0 && (
              <tr>
                <td colSpan={COLUMNS.length + 1}>No calls</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </div>
  );
}
