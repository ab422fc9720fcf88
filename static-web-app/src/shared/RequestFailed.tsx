import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import type { ReactNode } from "react";
import { ApiProblem } from "@/api/problem";
import { Countdown } from "./Countdown";
import { ProblemText, problemTitle } from "./ProblemText";

interface Props {
  error: Error;
  /** What did not happen, from the user's side: "Not saved", "Items could not be loaded". */
  consequence: string;
  retrying: boolean;
  onRetry: () => void;
  children?: ReactNode;
}

export function RequestFailed({ error, consequence, retrying, onRetry, children }: Props) {
  const retryAt = error instanceof ApiProblem ? error.retryAt : null;
  return (
    <Alert
      type={retryAt === null ? "error" : "warning"}
      header={<span role="alert">{`${consequence}: ${problemTitle(error, "the API cannot be reached")}`}</span>}
      action={
        <Button formAction="none" onClick={onRetry} loading={retrying} loadingText="Trying again">
          Try again
        </Button>
      }
    >
      <ProblemText error={error} />
      {retryAt !== null && (
        <div>
          <Countdown
            until={retryAt}
            waiting={(wait) => `The circuit may let a call through in ${wait}.`}
            over="The wait is over: a call may get through now."
          />
        </div>
      )}
      {children}
    </Alert>
  );
}
