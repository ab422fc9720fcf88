import Button from "@cloudscape-design/components/button";
import type { Item } from "@/api/client";
import { localTime, roughAgeInWords } from "@/shared/duration";
import { useNow } from "@/shared/now";

interface NameProps {
  item: Item;
  copy: boolean;
  /** Where there is no room for columns, the numbers stand below the name. */
  withNumbers: boolean;
}

export function ItemName({ item, copy, withNumbers }: NameProps) {
  return (
    <>
      <div className="item-name anywhere">
        {item.name}
        {copy && <span className="item-copy">copy</span>}
      </div>
      {item.description && <div className="item-description anywhere">{item.description}</div>}
      {withNumbers && (
        <div className="item-numbers">
          Quantity <strong>{item.quantity.toLocaleString()}</strong> · <Changed at={item.updated_at} />
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
