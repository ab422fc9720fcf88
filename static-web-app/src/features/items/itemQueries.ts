import { keepPreviousData, type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import type { Api, Item, ItemDraft, Served } from "@/api/client";
import { ApiProblem, answer } from "@/api/problem";

export const PAGE_SIZE = 20;
/** Ask again by ourselves only while the answer is a makeshift or an error. */
const RECOVERY_POLL_MS = 5_000;
const ITEMS = ["items"] as const;

interface Page {
  data: { items: Item[]; next_cursor: string | null };
  served: Served;
}

/** An item and how the answer that it came in was served. */
export interface ItemRow {
  item: Item;
  served: Served;
}

export function rowsOf({ data, served }: Page): ItemRow[] {
  return data.items.map((item) => ({ item, served }));
}

export function useItemsPage(cursor: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: [...ITEMS, cursor],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/items", {
          params: { query: { limit: PAGE_SIZE, ...(cursor !== null && { cursor }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.status === "error" || state.data?.served.degraded ? RECOVERY_POLL_MS : false,
  });
}

/** Longer than any write takes; after that the user is told and decides. */
const LEARN_TRIES = 5;

/**
 * A write that was sent twice, and whose first sending has not ended, is sent again with the
 * same key when the API says so: its answer is the first one's outcome, so nothing is done
 * twice and the user need not hear of it.
 */
export const learnOutcome = {
  retry: (tries: number, error: Error) => isStillUnderWay(error) && tries < LEARN_TRIES,
  retryDelay: (_: number, error: Error) =>
    error instanceof ApiProblem && error.retryAt !== null ? Math.max(0, error.retryAt - Date.now()) : 1_000,
};

function isStillUnderWay(error: Error): boolean {
  return error instanceof ApiProblem && error.type === "urn:breaker:problem:still-under-way";
}

export interface Save {
  draft: ItemDraft;
  /** The item that the draft replaces; none when it is a new one. */
  base: Item | null;
  intentKey: string;
}

export function useSaveItem() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    ...learnOutcome,
    mutationFn: (save: Save) => (save.base === null ? create(api, save) : replace(api, save, save.base)),
    onSuccess: ({ data }) => {
      correctLoaded(queries, (items) => items.map((item) => (item.id === data.id ? data : item)));
      return queries.invalidateQueries({ queryKey: ITEMS });
    },
  });
}

function create(api: Api, { draft, intentKey }: Save) {
  return answer(api.POST("/items", { body: draft, headers: { "Idempotency-Key": intentKey } }));
}

function replace(api: Api, { draft, intentKey }: Save, base: Item) {
  return answer(
    api.PUT("/items/{id}", {
      params: { path: { id: base.id } },
      body: draft,
      headers: { "Idempotency-Key": intentKey, "If-Match": `"${base.version}"` },
    }),
  );
}

/** Somebody else has written the item since. */
export function isConflict(error: Error): boolean {
  return error instanceof ApiProblem && error.status === 412;
}

/** The item as it is saved now cannot be read; what can be read is older than what is known. */
export class OnlyOlderCopy extends Error {
  override readonly name = "OnlyOlderCopy";

  constructor() {
    super("Only an older copy can be read just now.");
  }
}

/** Reads the version that has overtaken `base`. */
export function useReloadItem() {
  const api = useApi();
  return useMutation({
    mutationFn: async (base: Item) => {
      const { data } = await answer(api.GET("/items/{id}", { params: { path: { id: base.id } } }));
      // The cache and the fallback may not have heard of the newer version yet.
      if (data.version <= base.version) throw new OnlyOlderCopy();
      return data;
    },
  });
}

export function useDeleteItem() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    ...learnOutcome,
    mutationFn: ({ item, intentKey }: { item: Item; intentKey: string }) =>
      answer(
        api.DELETE("/items/{id}", {
          params: { path: { id: item.id } },
          headers: { "Idempotency-Key": intentKey, "If-Match": `"${item.version}"` },
        }),
      ),
    onSuccess: (_, { item }) => correctLoaded(queries, (items) => items.filter(({ id }) => id !== item.id)),
    onSettled: () => queries.invalidateQueries({ queryKey: ITEMS }),
  });
}

/** Pages that are not shown are not asked for again, but a search looks through them. */
function correctLoaded(queries: QueryClient, change: (items: Item[]) => Item[]) {
  queries.setQueriesData<Page>(
    { queryKey: ITEMS },
    (page) => page && { ...page, data: { ...page.data, items: change(page.data.items) } },
  );
}

/** Every item on the pages loaded so far, newest first, each with how its page was served. */
export function useLoadedRows(): ItemRow[] {
  const loaded = useQueryClient().getQueriesData<Page>({ queryKey: ITEMS });
  const rows = new Map<string, ItemRow>();
  for (const [, page] of loaded) {
    for (const row of page === undefined ? [] : rowsOf(page)) {
      const known = rows.get(row.item.id);
      // An item that moved to another page meanwhile is on two of them.
      if (known === undefined || known.served.as_of < row.served.as_of) rows.set(row.item.id, row);
    }
  }
  return [...rows.values()].sort((one, other) => (one.item.id < other.item.id ? 1 : -1));
}
