import { ApiProblem } from "@/api/problem";

/** What went wrong in words a person can act on, with the id that finds it in the logs. */
export function ProblemText({ error }: { error: Error }) {
  if (!(error instanceof ApiProblem)) return <>{error.message}</>;
  return (
    <>
      {error.detail || "The API gave no further detail."}
      {error.requestId && (
        <div className="request-id">
          Request id <code>{error.requestId}</code>
        </div>
      )}
    </>
  );
}
