import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Item } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { RequestFailed } from "@/shared/RequestFailed";
import { useIntentKey } from "./intentKey";
import { useDeleteItem } from "./itemQueries";

interface Props {
  item: Item;
  onDeleted: (item: Item) => void;
  onClose: () => void;
}

export function DeleteDialog({ item, onDeleted, onClose }: Props) {
  const remove = useDeleteItem();
  const keyOf = useIntentKey();
  const confirm = () =>
    remove.mutate(
      { item, intentKey: keyOf(item.id) },
      {
        onSuccess: () => onDeleted(item),
        // Somebody else was faster; what the user wanted is so.
        onError: (error) => isGone(error) && onDeleted(item),
      },
    );
  return (
    <Modal
      visible
      header="Delete item"
      closeAriaLabel="Close without deleting"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" onClick={confirm} loading={remove.isPending} loadingText="Deleting">
              Delete
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {remove.error !== null && !isGone(remove.error) && (
          <RequestFailed
            error={remove.error}
            consequence="Not deleted"
            retrying={remove.isPending}
            onRetry={confirm}
          />
        )}
        <div>
          Delete <strong className="anywhere">{item.name}</strong> for good? This cannot be undone.
        </div>
      </SpaceBetween>
    </Modal>
  );
}

function isGone(error: Error): boolean {
  return error instanceof ApiProblem && error.status === 404;
}
