import type { Notice } from "@/shared/notices";
import { DeleteDialog } from "./DeleteDialog";
import { ItemDialog } from "./ItemDialog";
import type { ItemIntent } from "./itemIntent";
import { ServedLine } from "./ServedLine";

interface Props {
  intent: ItemIntent;
  onDone: (notice: Omit<Notice, "id">) => void;
  onClose: () => void;
}

/** The dialog that an intent asks for; loaded when the first one is opened. */
export function ItemDialogs({ intent, onDone, onClose }: Props) {
  if (intent.kind === "delete") {
    return (
      <DeleteDialog
        item={intent.item}
        onDeleted={(item) => onDone({ header: `Deleted ${item.name}` })}
        onClose={onClose}
      />
    );
  }
  return (
    <ItemDialog
      item={intent.kind === "edit" ? intent.item : null}
      onSaved={({ data, served }) =>
        onDone({
          header: `${intent.kind === "edit" ? "Saved" : "Created"} ${data.name}, version ${data.version}`,
          content: <ServedLine served={served} ageless />,
        })
      }
      onClose={onClose}
    />
  );
}
