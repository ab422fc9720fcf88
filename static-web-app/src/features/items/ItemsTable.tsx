import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { ReactElement } from "react";
import type { Item } from "@/api/client";
import { NARROW, useMedia } from "@/shared/media";
import { Changed, ItemName, RowActions } from "./itemCells";

interface Props {
  items: readonly Item[];
  /** Whether the items are copies that may have been overtaken. */
  copies: boolean;
  loading: boolean;
  header: ReactElement;
  notice: ReactElement | null;
  empty: ReactElement;
  footer: ReactElement | null;
  onEdit: (item: Item) => void;
  onDelete: (item: Item) => void;
}

type Column = TableProps.ColumnDefinition<Item>;

export function ItemsTable({ items, copies, loading, header, notice, empty, footer, onEdit, onDelete }: Props) {
  const narrow = useMedia(NARROW);
  const name: Column = {
    id: "name",
    header: "Name",
    isRowHeader: true,
    cell: (item) => <ItemName item={item} copy={copies} withNumbers={narrow} />,
  };
  const actions: Column = {
    id: "actions",
    header: <span className="visually-hidden">Actions</span>,
    width: 96,
    cell: (item) => <RowActions item={item} onEdit={onEdit} onDelete={onDelete} />,
  };
  return (
    <Table
      items={items}
      trackBy="id"
      loading={loading}
      loadingText="Loading items"
      columnDefinitions={narrow ? [name, actions] : [name, QUANTITY, VERSION, CHANGED, actions]}
      header={header}
      filter={notice}
      empty={empty}
      footer={footer}
      wrapLines
      contentDensity={narrow ? "compact" : "comfortable"}
      ariaLabels={{ tableLabel: "Items" }}
    />
  );
}

const QUANTITY: Column = {
  id: "quantity",
  header: "Quantity",
  width: 130,
  cell: (item) => <span className="number">{item.quantity.toLocaleString()}</span>,
};

const VERSION: Column = {
  id: "version",
  header: "Version",
  width: 95,
  cell: (item) => <span className="number">{item.version}</span>,
};

const CHANGED: Column = {
  id: "changed",
  header: "Changed",
  width: 130,
  cell: (item) => <Changed at={item.updated_at} />,
};
