import { useState } from "react";
import { type ItemRow, useLoadedRows } from "./itemQueries";

/** Finds loaded items by a part of their name or description, whatever its case. */
export function useItemSearch() {
  const [text, setText] = useState("");
  const loaded = useLoadedRows();
  const wanted = text.trim().toLocaleLowerCase();
  const matches = ({ item }: ItemRow) => `${item.name}\n${item.description}`.toLocaleLowerCase().includes(wanted);
  return { text, setText, loaded, found: wanted === "" ? null : loaded.filter(matches) };
}
