import Button from "@cloudscape-design/components/button";
import type { Item, Served } from "@/api/client";
import { ageInWords, localTime, roughAgeInWords } from "@/shared/duration";
import { useNow } from "@/shared/now";
import type { ItemRow } from "./itemQueries";

interface NameProps {
  row: ItemRow;
  /** Where there is no room for columns, the numbers stand below the name. */
  withNumbers: boolean;
}

export function ItemName({ row: { item, served }, withNumbers }: NameProps) {
  return (
    <>
      <div className="item-name anywhere">
        {item.name}
        {served.degraded && <span className="item-copy">copy</span>}
      </div>
      {item.description && <div className="item-description anywhere">{item.description}</div>}
      {withNumbers && (
        <div className="item-numbers">
          Quantity <strong>{item.quantity.toLocaleString()}</strong> · <Changed at={item.updated_at} /> ·{" "}
          <ServedCell served={served} />
        </div>
      )}
    </>
  );
}

export function Changed({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={localTime(at)}>
      {roughAgeInWords(now - Date.parse(at))}
    </time>
  );
}

/** Who knew the row, and when the database said so. */
export function ServedCell({ served: { source, as_of } }: { served: Served }) {
  const now = useNow();
  return (
    <span className={`item-source item-source-${source}`}>
      {source}, <time dateTime={as_of} title={localTime(as_of)}>{ageInWords(now - Date.parse(as_of))}</time>
    </span>
  );
}

interface ActionsProps {
  item: Item;
  onEdit: (item: Item) => void;
  onDelete: (item: Item) => void;
}

export function RowActions({ item, onEdit, onDelete }: ActionsProps) {
  return (
    <span className="row-actions">
      <Button variant="inline-icon" iconName="edit" ariaLabel={`Edit ${item.name}`} onClick={() => onEdit(item)} />
      <Button variant="inline-icon" iconName="remove" ariaLabel={`Delete ${item.name}`} onClick={() => onDelete(item)} />
    </span>
  );
}
