import type { Item } from "@/api/client";

/** What the user set out to do; each kind has its dialog. */
export type ItemIntent = { kind: "create" } | { kind: "edit"; item: Item } | { kind: "delete"; item: Item };
