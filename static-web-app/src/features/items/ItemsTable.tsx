import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { ReactElement } from "react";
import type { Item } from "@/api/client";
import type { ItemRow } from "./itemQueries";
import { NARROW, useMedia } from "@/shared/media";
import { Changed, ItemName, RowActions, ServedCell } from "./itemCells";

interface Props {
  rows: readonly ItemRow[];
  loading: boolean;
  header: ReactElement;
  /** What stands between the header and the rows. */
  above: ReactElement;
  empty: ReactElement;
  footer: ReactElement | null;
  onEdit: (item: Item) => void;
  onDelete: (item: Item) => void;
}

type Column = TableProps.ColumnDefinition<ItemRow>;

export function ItemsTable({ rows, loading, header, above, empty, footer, onEdit, onDelete }: Props) {
  const narrow = useMedia(NARROW);
  const name: Column = {
    id: "name",
    header: "Name",
    isRowHeader: true,
    cell: (row) => <ItemName row={row} withNumbers={narrow} />,
  };
  const actions: Column = {
    id: "actions",
    header: <span className="visually-hidden">Actions</span>,
    width: 96,
    cell: ({ item }) => <RowActions item={item} onEdit={onEdit} onDelete={onDelete} />,
  };
  return (
    <Table
      items={rows}
      trackBy={({ item }) => item.id}
      loading={loading}
      loadingText="Loading items"
      columnDefinitions={narrow ? [name, actions] : [name, QUANTITY, VERSION, CHANGED, SERVED, actions]}
      header={header}
      filter={above}
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
  cell: ({ item }) => <span className="number">{item.quantity.toLocaleString()}</span>,
};

const VERSION: Column = {
  id: "version",
  header: "Version",
  width: 95,
  cell: ({ item }) => <span className="number">{item.version}</span>,
};

const CHANGED: Column = {
  id: "changed",
  header: "Changed",
  width: 130,
  cell: ({ item }) => <Changed at={item.updated_at} />,
};

const SERVED: Column = {
  id: "served",
  header: "Served from",
  width: 150,
  cell: ({ served }) => <ServedCell served={served} />,
};
