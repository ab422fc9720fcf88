import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId } from "react";
import type { Item } from "@/api/client";
import { Dialog } from "@/shared/Dialog";
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
    <Dialog
      header={item === null ? "Create item" : `Edit ${item.name}`}
      closeLabel="Close without saving"
      onClose={onClose}
      holdsInput
      confirm={{
        label: base === null ? "Create" : conflict === null ? "Save" : `Save as version ${base.version + 1}`,
        pending: edit.save.isPending || edit.reload.isPending,
        pendingLabel: "Saving",
        disabled: edit.undecided,
        form: formId,
      }}
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
    </Dialog>
  );
}
