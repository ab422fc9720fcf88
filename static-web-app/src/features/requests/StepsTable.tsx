import { OUTCOME_WORDS } from "./outcomeWords";
import type { Step } from "./trace";

/** The waterfall in figures, for those who cannot see it or want to read it off. */
export function StepsTable({ steps }: { steps: readonly Step[] }) {
  return (
    <details className="steps">
      <summary>The same as a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Outcome</th>
            <th scope="col">Began after</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {steps.map(({ name, outcome, startedMs, durationMs, kind }, index) => (
            <tr key={index}>
              <th scope="row">{name}</th>
              <td>
                {outcome ?? "–"}
                {outcome !== null && <span className="steps-meaning quiet">{OUTCOME_WORDS[outcome]}</span>}
              </td>
              <td className="number">{startedMs} ms</td>
              <td className="number">{kind === "decision" ? "–" : `${durationMs} ms`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
