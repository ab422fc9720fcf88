import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense, useState } from "react";
import { useNotices } from "@/shared/notices";
import type { ItemIntent } from "./itemIntent";
import { rowsOf, useItemsPage } from "./itemQueries";
import { ItemsHeader } from "./ItemsHeader";
import { needsNotice, ItemsNotice } from "./ItemsNotice";
import { ItemsTable } from "./ItemsTable";
import { SearchBar } from "./SearchBar";
import { useItemSearch } from "./useItemSearch";
import { type KeysetPages, useKeysetPages } from "./useKeysetPages";

const ItemDialogs = lazy(() => import("./ItemDialogs").then((module) => ({ default: module.ItemDialogs })));

export function ItemsSection() {
  const pages = useKeysetPages();
  const query = useItemsPage(pages.cursor);
  const search = useItemSearch();
  const [intent, setIntent] = useState<ItemIntent | null>(null);
  const { announce } = useNotices();
  const create = () => setIntent({ kind: "create" });
  const shownNext = query.data?.data.next_cursor ?? null;
  // While a page is on its way the one before stands in for it, whose next page it is itself.
  const nextCursor = query.isPlaceholderData ? null : shownNext;
  const count = query.isPlaceholderData ? pages.reached : pages.index + (nextCursor === null ? 1 : 2);
  const searching = search.found !== null;
  return (
    <>
      <ItemsTable
        rows={search.found ?? (query.data ? rowsOf(query.data) : [])}
        loading={query.isPending}
        header={<ItemsHeader query={query} onCreate={create} />}
        above={
          <SpaceBetween size="s">
            {needsNotice(query) && <ItemsNotice query={query} />}
            <SearchBar
              text={search.text}
              found={search.found?.length ?? 0}
              loaded={search.loaded.length}
              onLoadMore={shownNext === null ? null : () => pages.goTo(pages.index + 1, nextCursor)}
              loadingMore={query.isFetching}
              onChange={search.setText}
            />
          </SpaceBetween>
        }
        empty={searching ? <Nothing words="No loaded item matches" /> : query.isError ? <></> : pages.index > 0 ? <Nothing words="No more items" /> : <NoItems onCreate={create} />}
        footer={searching || count === 1 ? null : pagesFooter(pages, count, nextCursor)}
        onEdit={(item) => setIntent({ kind: "edit", item })}
        onDelete={(item) => setIntent({ kind: "delete", item })}
      />
      {intent !== null && (
        <Suspense>
          <ItemDialogs
            intent={intent}
            onClose={() => setIntent(null)}
            onDone={(notice) => {
              setIntent(null);
              announce(notice);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function pagesFooter(pages: KeysetPages, count: number, nextCursor: string | null) {
  return (
    <Box textAlign="center">
      <Pagination
        currentPageIndex={pages.index + 1}
        pagesCount={count}
        ariaLabels={{
          nextPageLabel: "Next page",
          previousPageLabel: "Previous page",
          pageLabel: (page) => `Page ${page}`,
        }}
        onChange={({ detail }) => pages.goTo(detail.currentPageIndex - 1, nextCursor)}
      />
    </Box>
  );
}

function Nothing({ words }: { words: string }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }}>
      <strong>{words}</strong>
    </Box>
  );
}

function NoItems({ onCreate }: { onCreate: () => void }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }}>
      <SpaceBetween size="m">
        <div>
          <strong>No items yet</strong>
          <Box color="text-body-secondary">What you create here is stored in the database behind the circuit.</Box>
        </div>
        <Button onClick={onCreate}>Create the first item</Button>
      </SpaceBetween>
    </Box>
  );
}
