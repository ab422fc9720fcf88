import { scaleLinear } from "d3-scale";
import { memo } from "react";
import type { RecordedRequest } from "@/api/requestLog";
import { stepsOf } from "./trace";
import { VERDICT_WORDS, verdictOf } from "./verdict";

interface Props {
  /** Newest first. */
  requests: readonly RecordedRequest[];
  selected: string | null;
  onSelect: (id: string) => void;
}

/** One choice among many: radio buttons give it one tab stop, and the arrow keys, for free. */
export function RequestList({ requests, selected, onSelect }: Props) {
  const scaleMs = longest(requests);
  return (
    <div className="request-list" role="radiogroup" aria-label="Requests, newest first">
      {requests.map((request) => (
        <Row key={request.id} request={request} scaleMs={scaleMs} selected={request.id === selected} onSelect={onSelect} />
      ))}
    </div>
  );
}

/** One scale for all rows, that rarely changes: the next power of two above the longest way. */
function longest(requests: readonly RecordedRequest[]): number {
  const ends = requests.flatMap((request) => stepsOf(request).map(({ startedMs, durationMs }) => startedMs + durationMs));
  return 2 ** Math.ceil(Math.log2(Math.max(64, ...ends)));
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

interface RowProps {
  request: RecordedRequest;
  scaleMs: number;
  selected: boolean;
  onSelect: (id: string) => void;
}

const Row = memo(function Row({ request, scaleMs, selected, onSelect }: RowProps) {
  const { id, method, path, status, started, durationMs, by, served } = request;
  const verdict = verdictOf(request);
  return (
    <label className={`request-row ${selected ? "request-selected" : ""}`}>
      <input
        type="radio"
        name="request"
        className="visually-hidden"
        checked={selected}
        onChange={() => onSelect(id)}
        onClick={() => onSelect(id)}
      />
      <time className="quiet number" dateTime={new Date(started).toISOString()}>
        {clock.format(started)}
      </time>
      <span className="request-path">
        <code>{method}</code> {path}
        {by === "load" && <span className="request-by">load</span>}
      </span>
      <span className="request-verdict">
        <span className={`verdict verdict-${verdict}`}>{VERDICT_WORDS[verdict]}</span>{" "}
        <span className="quiet">{served?.source ?? status ?? "no answer"}</span>
      </span>
      <Sparkline request={request} scaleMs={scaleMs} />
      <span className="request-took number">{Math.round(durationMs)} ms</span>
    </label>
  );
});

/** The waterfall at a glance: its attempts as bars in a line. */
function Sparkline({ request, scaleMs }: { request: RecordedRequest; scaleMs: number }) {
  const steps = stepsOf(request).filter(({ kind }) => kind === "attempt");
  const x = scaleLinear().domain([0, scaleMs]).range([0, 98]);
  return (
    <svg className="request-spark" height="10" aria-hidden="true">
      {steps.map(({ startedMs, durationMs, outcome }, index) => (
        <rect
          key={index}
          className={`step-bar step-${outcome ?? "wait"}`}
          x={`${x(startedMs)}%`}
          width={`${Math.max(2, x(durationMs))}%`}
          height="10"
          rx="2"
        />
      ))}
    </svg>
  );
}
