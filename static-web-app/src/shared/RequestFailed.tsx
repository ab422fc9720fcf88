import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import type { ReactNode } from "react";
import { ApiProblem, ApiUnreachable } from "@/api/problem";
import { Countdown } from "./Countdown";
import { ProblemText } from "./ProblemText";

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
  const unreachable = error instanceof ApiUnreachable;
  return (
    <Alert
      type={retryAt === null ? "error" : "warning"}
      header={<span role="alert">{`${consequence}: ${unreachable ? "the API cannot be reached" : error.message}`}</span>}
      action={
        <Button formAction="none" onClick={onRetry} loading={retrying} loadingText="Trying again">
          Try again
        </Button>
      }
    >
      {(unreachable || error instanceof ApiProblem) && <ProblemText error={error} />}
      {retryAt !== null && (
        <div>
          <Countdown
            until={retryAt}
            waiting={(wait) => `The API expects to take this again in ${wait}.`}
            over="The wait is over: it may be taken now."
          />
        </div>
      )}
      {children}
    </Alert>
  );
}
