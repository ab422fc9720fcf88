import type { ReactNode } from "react";
import { ageInWords, localTime } from "@/shared/duration";
import { useNow } from "@/shared/now";
import { CircuitGlyph } from "./CircuitGlyph";
import { FailureMeter } from "./FailureMeter";
import { type Observed, serverTime } from "@/shared/live/observed";
import { Outlook } from "./Outlook";
import { OverrideNote } from "./OverrideNote";
import { ProbePips } from "./ProbePips";
import { STATE_WORDS } from "@/shared/live/stateWords";
import { Transitions } from "./Transitions";

interface Props {
  observed: Observed;
  transitionsShown: number;
  children?: ReactNode;
}

/** One circuit: its state, what that means for the next call, and the evidence behind it. */
export function CircuitCard({ observed, transitionsShown, children }: Props) {
  const { circuit } = observed;
  return (
    <article className={`circuit state-${circuit.state}`} aria-label={`Circuit ${circuit.name}`}>
      <header className="circuit-head">
        <CircuitGlyph state={circuit.state} size={44} />
        <div>
          <h3 className="circuit-name">{circuit.name}</h3>
          <div className="circuit-state" role="status">
            {STATE_WORDS[circuit.state]}
          </div>
        </div>
      </header>
      <p className="circuit-outlook">
        <Outlook observed={observed} />
      </p>
      <OverrideNote observed={observed} />
      <FailureMeter evidence={circuit.evidence} />
      <dl className="facts">
        <Since observed={observed} />
        <Fact name="Epoch">{circuit.epoch}</Fact>
        <Fact name="Probes">
          <ProbePips probes={circuit.probes} />
        </Fact>
        {circuit.reopens > 0 && <Fact name="Reopened">{times(circuit.reopens)}</Fact>}
        {circuit.cause && <Fact name="Why">{circuit.cause}</Fact>}
      </dl>
      <h4 className="circuit-subhead">Last transitions</h4>
      <Transitions observed={observed} shown={transitionsShown} />
      {children}
    </article>
  );
}

function Since({ observed }: { observed: Observed }) {
  const now = useNow();
  const { since } = observed.circuit;
  if (since == null) return <Fact name="Since">always</Fact>;
  return (
    <Fact name="Since">
      <time dateTime={since} title={localTime(since)}>
        {ageInWords(serverTime(observed, now) - Date.parse(since))}
      </time>
    </Fact>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd className="anywhere">{children}</dd>
    </div>
  );
}

function times(count: number): string {
  return count === 1 ? "once in a row" : `${count} times in a row`;
}
