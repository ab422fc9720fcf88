import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId } from "react";
import type { Item } from "@/api/client";
import { ItemFields } from "./ItemFields";
import { SaveTrouble } from "./SaveTrouble";
import { type SaveAnswer, useItemEdit } from "./useItemEdit";

interface Props {
  /** The item to edit; none to create one. */
  item: Item | null;
  onSaved: (answer: SaveAnswer) => void;
  onClose: () => void;
}

export function ItemDialog({ item, onSaved, onClose }: Props) {
  const formId = useId();
  const edit = useItemEdit(item, onSaved);
  return (
    <Modal
      visible
      header={item === null ? "Create item" : `Edit ${item.name}`}
      closeAriaLabel="Close without saving"
      onDismiss={({ detail }) => {
        // A click beside the dialog is too easily a slip to throw input away for.
        if (detail.reason !== "overlay") onClose();
      }}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" form={formId} formAction="submit" loading={edit.save.isPending} loadingText="Saving">
              {item === null ? "Create" : "Save"}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id={formId}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          edit.submit();
        }}
      >
        <SpaceBetween size="l">
          <SaveTrouble edit={edit} />
          <ItemFields input={edit.input} errors={edit.errors} overtakenBy={edit.overtakenBy} onChange={edit.change} />
        </SpaceBetween>
      </form>
    </Modal>
  );
}
