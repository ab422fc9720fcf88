import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import type { ReactNode } from "react";
import type { RecordedRequest } from "@/api/requestLog";
import { ageInWords, durationInWords, localTime } from "@/shared/duration";
import { useNow } from "@/shared/now";
import { StepsTable } from "./StepsTable";
import { stepsOf, type Step } from "./trace";
import { VERDICT_WORDS, verdictOf } from "./verdict";
import { Waterfall } from "./Waterfall";

/** One request from being sent to its answer. */
export function RequestDetail({ request }: { request: RecordedRequest }) {
  const { method, path, problem, failure } = request;
  const steps = stepsOf(request);
  const verdict = verdictOf(request);
  return (
    <section className="panel request-detail" aria-labelledby="request-heading">
      <h2 id="request-heading" className="anywhere">
        <code>{method}</code> {path}
      </h2>
      <p>
        <span className={`verdict verdict-${verdict}`}>{VERDICT_WORDS[verdict]}</span>{" "}
        {problem !== null && <strong>{problem.title}</strong>}
        {failure !== null && <strong>{failure}</strong>}
      </p>
      {problem !== null && <p className="quiet">{problem.detail}</p>}
      {steps.length > 0 ? (
        <>
          <Waterfall steps={steps} totalMs={functionMs(request, steps)} />
          <StepsTable steps={steps} />
        </>
      ) : (
        <p className="quiet">{stepless(request)}</p>
      )}
      <Facts request={request} steps={steps} />
    </section>
  );
}

function stepless({ status }: RecordedRequest): string {
  return status === null
    ? "Nothing is known of what happened on the way, because no answer came."
    : "The API's function answered this by itself, so there is no circuit, attempt or wait to show.";
}

/** What the API says of its own time, or at least the time until its last step ended. */
function functionMs({ serverMs }: RecordedRequest, steps: readonly Step[]): number {
  return Math.max(serverMs ?? 0, ...steps.map(({ startedMs, durationMs }) => startedMs + durationMs));
}

function Facts({ request, steps }: { request: RecordedRequest; steps: readonly Step[] }) {
  const { served, status, durationMs, started, requestId, by } = request;
  const inside = steps.length > 0 || request.serverMs !== null ? functionMs(request, steps) : null;
  return (
    <dl className="facts">
      <Fact name="Status">{status ?? "none"}</Fact>
      <Fact name="In all">{Math.round(durationMs)} ms</Fact>
      {inside !== null && (
        <>
          <Fact name="In the API's function">{inside} ms</Fact>
          <Fact name="On the way to it and back">{Math.max(0, Math.round(durationMs - inside))} ms</Fact>
        </>
      )}
      {served && (
        <>
          <Fact name="Served from">
            {served.source}
            {served.degraded && ", degraded"}
          </Fact>
          <Fact name="As of">
            <AsOf instant={served.as_of} sent={started} />
          </Fact>
          <Fact name="Circuit when answered">{served.circuit.replace("_", "-")}</Fact>
        </>
      )}
      <Fact name="Sent">
        {localTime(started)} by {by === "load" ? "the load generator" : "you"}
      </Fact>
      <Fact name="Request id" wide>
        {requestId === null ? (
          "none"
        ) : (
          <CopyToClipboard
            variant="inline"
            textToCopy={requestId}
            copyButtonAriaLabel="Copy the request id"
            copySuccessText="Copied"
            copyErrorText="This browser did not allow it"
          />
        )}
      </Fact>
    </dl>
  );
}

function Fact({ name, wide, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={wide ? "fact-wide" : undefined}>
      <dt>{name}</dt>
      <dd className="number anywhere">{children}</dd>
    </div>
  );
}

/** How old the data was when it came, and how old it is by now. */
function AsOf({ instant, sent }: { instant: string; sent: number }) {
  const now = useNow();
  const asOf = Date.parse(instant);
  return (
    <time dateTime={instant} title={localTime(instant)}>
      {ageInWords(now - asOf)}
      {sent - asOf > 1000 && ` (${durationInWords(sent - asOf)} old when asked)`}
    </time>
  );
}
