import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId } from "react";
import type { Item } from "@/api/client";
import { ConflictFields } from "./ConflictFields";
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
  const { conflict, base } = edit;
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
            <Button
              variant="primary"
              form={formId}
              formAction="submit"
              disabled={edit.undecided}
              loading={edit.save.isPending || edit.reload.isPending}
              loadingText="Saving"
            >
              {base === null ? "Create" : conflict === null ? "Save" : `Save as version ${base.version + 1}`}
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
          {conflict === null ? (
            <ItemFields input={edit.input} errors={edit.errors} onChange={edit.change} />
          ) : (
            <ConflictFields
              conflict={conflict}
              choices={edit.choices}
              errors={edit.errors}
              onChoose={edit.choose}
              onEditOn={edit.editOn}
            />
          )}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
