import { usePageTitle } from "@/shared/pageTitle";
import type { ConfigProblem } from "./runtimeConfig";

/** Stands in for the whole page when the app does not know its API. */
export function StartupProblem({ problem }: { problem: ConfigProblem }) {
  usePageTitle("Not configured");
  return (
    <main className="full-page">
      <img src="/favicon.svg" alt="" width="48" height="48" />
      <h1>This page is not configured</h1>
      <ul role="alert">
        {problem.mistakes.map((mistake) => (
          <li key={mistake}>{mistake}</li>
        ))}
      </ul>
      <p>
        The server of this page has to answer <code>/config.json</code> with the address of the API:
      </p>
      <pre>{'{ "apiUrl": "https://api.example.com" }'}</pre>
      <button type="button" className="plain-button" onClick={() => window.location.reload()}>
        Try again
      </button>
    </main>
  );
}
