import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Item } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { ProblemText } from "@/shared/ProblemText";
import { RequestFailed } from "@/shared/RequestFailed";
import { isDraftField } from "./draft";
import type { useItemEdit } from "./useItemEdit";

type Edit = ReturnType<typeof useItemEdit>;

/** Why the form is not saved yet, and the way on from there; the input stays as it is. */
export function SaveTrouble({ edit }: { edit: Edit }) {
  const { base, overtakenBy, save } = edit;
  if (save.error === null) {
    return overtakenBy === null ? null : <Reloaded stored={overtakenBy} onTake={() => edit.takeStored(overtakenBy)} />;
  }
  if (base !== null && isConflict(save.error)) return <Conflict edit={edit} base={base} error={save.error} />;
  if (save.error instanceof ApiProblem && save.error.fieldErrors.length > 0) {
    return <FieldsRefused error={save.error} />;
  }
  return (
    <RequestFailed error={save.error} consequence="Not saved" retrying={save.isPending} onRetry={edit.submit}>
      {isUncertain(save.error) && (
        <div>It may have been stored all the same. Trying again is safe: the same change is made only once.</div>
      )}
    </RequestFailed>
  );
}

function isConflict(error: Error): boolean {
  return error instanceof ApiProblem && error.status === 412;
}

/** Without a definite answer nobody knows whether the write took place. */
function isUncertain(error: Error): boolean {
  return !(error instanceof ApiProblem) || error.status === 504 || error.status === 500;
}

function Conflict({ edit, base, error }: { edit: Edit; base: Item; error: Error }) {
  const { reload } = edit;
  return (
    <Alert
      type="warning"
      header={<span role="alert">Not saved: somebody else changed this item</span>}
      action={
        <Button
          formAction="none"
          onClick={() => edit.reloadStored(base.id)}
          loading={reload.isPending}
          loadingText="Reloading"
        >
          Reload
        </Button>
      }
    >
      <SpaceBetween size="xs">
        <div>You started from version {base.version}, which is no longer the newest. Your input is kept.</div>
        <ProblemText error={reload.error ?? error} />
      </SpaceBetween>
    </Alert>
  );
}

function Reloaded({ stored, onTake }: { stored: Item; onTake: () => void }) {
  return (
    <Alert
      type="info"
      header={`Reloaded: version ${stored.version} is the newest`}
      action={<Button formAction="none" onClick={onTake}>
          Take the saved values
        </Button>}
    >
      Fields that differ are marked. Saving now replaces version {stored.version} with your input.
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
