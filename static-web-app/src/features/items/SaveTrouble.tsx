import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { ApiProblem } from "@/api/problem";
import { ProblemText } from "@/shared/ProblemText";
import { RequestFailed } from "@/shared/RequestFailed";
import { isDraftField } from "./draft";
import { isConflict } from "./itemQueries";
import type { useItemEdit } from "./useItemEdit";

type Edit = ReturnType<typeof useItemEdit>;

/** Why the form is not saved yet, and the way on from there; the input stays as it is. */
export function SaveTrouble({ edit }: { edit: Edit }) {
  const { base, save, reload } = edit;
  const { error } = save;
  if (error === null) return null;
  if (base !== null && (isGone(error) || (isConflict(error) && isGone(reload.error)))) return <Deleted edit={edit} />;
  if (base !== null && isConflict(error)) return <Overtaken edit={edit} />;
  if (error instanceof ApiProblem && error.fieldErrors.length > 0) return <FieldsRefused error={error} />;
  return (
    <RequestFailed error={error} consequence="Not saved" retrying={save.isPending} onRetry={edit.submit}>
      {isUncertain(error) && (
        <div>It may have been stored all the same. Trying again is safe: the same change is made only once.</div>
      )}
    </RequestFailed>
  );
}

function isGone(error: Error | null): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** Whether the write may have taken place. What stands in front of the API does not say. */
function isUncertain(error: Error): boolean {
  if (!(error instanceof ApiProblem)) return true;
  return error.change === null ? error.status === 504 || error.status === 500 : error.change === "unknown";
}

/** Shown until the version that somebody else has saved is here to be compared. */
function Overtaken({ edit: { reload, rereadTheirs } }: { edit: Edit }) {
  if (reload.error !== null) {
    return (
      <RequestFailed
        error={reload.error}
        consequence="Not saved, because somebody else changed this item; their version cannot be read"
        retrying={reload.isPending}
        onRetry={rereadTheirs}
      />
    );
  }
  return (
    <Alert type="warning" header={<span role="alert">Not saved: somebody else changed this item</span>}>
      Reading what they have saved, to show it beside your input.
    </Alert>
  );
}

function Deleted({ edit }: { edit: Edit }) {
  return (
    <Alert
      type="warning"
      header={<span role="alert">Not saved: somebody else has deleted this item</span>}
      action={
        <Button formAction="none" onClick={edit.createInstead}>
          Create it as a new item
        </Button>
      }
    >
      Your input is kept. Saved anew, it becomes another item, with version 1.
    </Alert>
  );
}

function FieldsRefused({ error }: { error: ApiProblem }) {
  const elsewhere = error.fieldErrors.filter(({ field }) => !isDraftField(field));
  return (
    <Alert type="error" header={<span role="alert">Not saved: {error.title}</span>}>
      <ProblemText error={error} />
      {elsewhere.map(({ field, message }) => (
        <div key={field}>
          <code>{field}</code>: {message}
        </div>
      ))}
    </Alert>
  );
}
