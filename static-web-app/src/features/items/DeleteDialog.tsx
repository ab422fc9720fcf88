import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { Item } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { Dialog } from "@/shared/Dialog";
import { RequestFailed } from "@/shared/RequestFailed";
import { useIntentKey } from "./intentKey";
import { isConflict, useDeleteItem, useReloadItem } from "./itemQueries";

interface Props {
  item: Item;
  onDeleted: (item: Item) => void;
  onClose: () => void;
}

export function DeleteDialog({ item, onDeleted, onClose }: Props) {
  // What is to be deleted is what the user has seen, so a newer version is shown first.
  const [seen, setSeen] = useState(item);
  const remove = useDeleteItem();
  const reload = useReloadItem();
  const keyOf = useIntentKey();
  const confirm = () => {
    // What it said belongs to the attempt before.
    reload.reset();
    remove.mutate(
      { item: seen, intentKey: keyOf([seen.id, seen.version]) },
      { onSuccess: () => onDeleted(seen), onError: (error) => afterwards(error) },
    );
  };
  const afterwards = (error: Error) => {
    // Somebody else was faster; what the user wanted is so.
    if (isGone(error)) onDeleted(seen);
    else if (isConflict(error)) {
      reload.mutate(seen, {
        onSuccess: (newest) => {
          setSeen(newest);
          remove.reset();
        },
        onError: (why) => isGone(why) && onDeleted(seen),
      });
    }
  };
  const trouble = reload.error ?? remove.error;
  return (
    <Dialog
      header="Delete item"
      closeLabel="Close without deleting"
      onClose={onClose}
      confirm={{
        label: seen === item ? "Delete" : `Delete version ${seen.version}`,
        pending: remove.isPending || reload.isPending,
        pendingLabel: "Deleting",
        onConfirm: confirm,
      }}
    >
      <SpaceBetween size="m">
        {trouble !== null && !isGone(trouble) && !reload.isPending && (
          <RequestFailed error={trouble} consequence="Not deleted" retrying={remove.isPending} onRetry={confirm} />
        )}
        {seen !== item && trouble === null && <Changed from={item} to={seen} />}
        <div>
          Delete <strong className="anywhere">{seen.name}</strong> for good? This cannot be undone.
        </div>
      </SpaceBetween>
    </Dialog>
  );
}

function Changed({ from, to }: { from: Item; to: Item }) {
  return (
    <Alert type="warning" header={<span role="alert">Not deleted: somebody else changed this item</span>}>
      <SpaceBetween size="xxs">
        <div>
          You saw version {from.version}; version {to.version} holds this:
        </div>
        <div className="anywhere">
          <strong>{to.name}</strong>, quantity {to.quantity.toLocaleString()}
        </div>
        {to.description !== "" && <div className="anywhere">{to.description}</div>}
      </SpaceBetween>
    </Alert>
  );
}

function isGone(error: Error): boolean {
  return error instanceof ApiProblem && error.status === 404;
}
